"""What a pipeline refuses before anything runs, and what it says its output will be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from actors.base import Annotator, Filter, Rewriter
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.schema import Row, live_row
from pipelines.sources.source import Source


@dataclass
class Texts(Source):
    columns = {"text": pa.string()}

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        yield live_row(id="texts/all/0", dataset="texts", task="text", text="a")


@dataclass
class Adds(Annotator):
    transient: ClassVar[tuple[str, ...]] = ("pixels",)
    input: str = "text"
    output: str = "score_a"

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def writes(self) -> Mapping[str, pa.DataType]:
        return {self.output: pa.float32()}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {self.output: [1.0] * table.num_rows}


@dataclass
class Rewrites(Rewriter):
    column = "response"


@dataclass
class Positive(Filter):
    reads = ("score_a",)
    reasons = {"negative": "negative"}


def pipeline(*stages: Stage | Filter, out: Path = Path("out")) -> Pipeline:
    return Pipeline("test", Texts(), stages, out)


def test_the_output_schema_leaves_transient_columns_out_and_keeps_originals() -> None:
    made = pipeline(Stage(Adds(output="pixels")), Stage(Adds(input="pixels")), Stage(Rewrites()), Positive())
    names = made.output_schema().names
    assert "pixels" not in names
    assert {"text", "score_a", "response", "response_original"} <= set(names)


def test_a_read_that_nothing_provides_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="Adds reads 'caption', which no earlier stage writes; available"):
        pipeline(Stage(Adds(input="caption"))).output_schema()


def test_a_column_written_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="writes 'score_a', which is already there"):
        pipeline(Stage(Adds()), Stage(Adds())).output_schema()


def test_marks_cannot_be_written_by_an_annotator() -> None:
    with pytest.raises(ValueError, match="writes 'reason'"):
        pipeline(Stage(Adds(output="reason"))).output_schema()


def test_filters_share_the_pool_of_the_stage_before_them() -> None:
    groups = pipeline(Stage(Adds()), Positive(), Stage(Adds(output="b"))).groups
    assert [group.name for group in groups] == ["Adds", "Adds2"]
    assert [len(group.filters) for group in groups] == [1, 0]


def test_paths_are_absolute_for_workers_that_run_in_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert pipeline(Stage(Adds()), out=Path("runs/new")).out == tmp_path / "runs/new"
