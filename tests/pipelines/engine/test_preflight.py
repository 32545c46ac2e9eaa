"""What is refused before any model loads, in one sentence with the next step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from actors.base import Annotator, Filter
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.preflight import check_pipeline, check_source
from pipelines.schema import Row, live_row
from pipelines.sources.source import Source


@dataclass
class Texts(Source):
    def rows(self) -> Iterator[Row]:
        yield live_row(id="texts/all/0", dataset="texts", task="text")


@dataclass
class Model(Annotator):
    folder: str = "."
    reads = ("instruction",)
    writes = {"grade": pa.float32()}

    def check(self) -> None:
        if not Path(self.folder).is_dir():
            raise ValueError(f"{self.folder} is no model")


@dataclass
class Kept(Filter):
    reads = ("response",)
    reasons = {"unwanted": "not wanted"}

    def check(self) -> None:
        raise ValueError("no limit is given")


def pipeline(*stages: Stage | Filter, out: Path = Path("out")) -> Pipeline:
    return Pipeline("test", Texts(), stages, out)


def test_preflight_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"workers \(2, 1\)"):
        check_pipeline(pipeline(Stage(Model(), workers=(2, 1)), out=tmp_path / "out"))
    with pytest.raises(ValueError, match="batch_size 0, expected at least 1"):
        check_pipeline(pipeline(Stage(Model(), batch_size=0), out=tmp_path / "out"))
    with pytest.raises(ValueError, match="--limit is 0"):
        check_source(pipeline(Stage(Model())), limit=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="is a file; expected a folder for --out"):
        check_pipeline(pipeline(Stage(Model()), out=tmp_path / "file" / "out"))


def test_every_actor_is_asked_filters_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere is no model"):
        check_pipeline(pipeline(Stage(Model("nowhere")), out=tmp_path))
    with pytest.raises(ValueError, match="no limit is given"):
        check_pipeline(pipeline(Stage(Model()), Kept(), out=tmp_path))


def test_another_environments_python_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no program; expected the python of an environment"):
        check_pipeline(pipeline(Stage(Model(), python="nowhere/bin/python"), out=tmp_path))
    check_pipeline(pipeline(Stage(Model()), out=tmp_path / "new" / "deeper"))
    assert not (tmp_path / "new").exists()
