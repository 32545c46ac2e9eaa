"""When a run counts as finished, and what a folder in between is good for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.apply import apply
from actors.base import Annotator, BadRow, Filter
from pipelines.engine.failures import TooManyFailed
from pipelines.engine.ingest import write_input
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.run import RunOptions, run_identity, run_pipeline
from pipelines.engine.run_folder import RunFolder
from pipelines.schema import Row, live_row
from pipelines.sources.source import Source

pytestmark = pytest.mark.usefixtures("shared_ray")


@dataclass
class Numbers(Source):
    count: int
    again: int = 0

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        for i in [*range(self.count), *range(self.again)]:
            yield live_row(id=f"numbers/all/{i}", dataset="numbers", task="text", instruction=str(i))


@dataclass
class Halves(Annotator):
    reads = ("instruction",)
    writes = {"half": pa.int64()}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        values = [int(text) for text in table["instruction"].to_pylist()]
        return {"half": [BadRow("odd", f"{value} is odd") if value % 2 else value // 2 for value in values]}


def killed_behind_the_last_shard(out: Path, rows: int) -> Pipeline:
    """A pipeline whose folder holds every row, half of them failed, and no manifest."""
    pipeline = Pipeline("halves", Numbers(rows), [Stage(Halves())], out)
    folder = RunFolder(out)
    table = write_input(pipeline.source, folder.input, pipeline.input_schema())
    folder.begin(run_identity(pipeline, None))
    folder.shards.mkdir()
    [file] = table.files()
    pq.write_table(apply(Halves(), pq.read_table(file)), folder.shards / "a.parquet")
    return pipeline


def test_too_many_failed_rows_are_refused_again_when_the_command_is_repeated(tmp_path: Path) -> None:
    pipeline = killed_behind_the_last_shard(tmp_path / "run", rows=100)
    for _ in range(2):
        with pytest.raises(TooManyFailed, match="50 rows failed, more than the 1 allowed of 100") as stopped:
            run_pipeline(pipeline, RunOptions(max_failed=0.01))
        assert "by reason: odd: 50" in str(stopped.value)
        assert "numbers/all/1: odd: 1 is odd" in str(stopped.value)
    assert not (tmp_path / "run" / "manifest.json").exists()


def test_failed_rows_that_are_accepted_finish_the_run(tmp_path: Path, caplog: Any) -> None:
    caplog.set_level(logging.WARNING)  # libraries that were imported before may have raised it
    pipeline = killed_behind_the_last_shard(tmp_path / "run", rows=100)
    manifest = run_pipeline(pipeline, RunOptions(max_failed=0.5))
    assert manifest.rows == {"in": 100, "kept": 50, "dropped": 0, "failed": 50}
    assert "50 rows have the reason 'odd', which nothing declares" in caplog.text


def test_declared_words_stand_in_the_manifest_and_in_what_stops_a_run(
    tmp_path: Path, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(Halves, "reasons", {"odd": "an odd number"})
    pipeline = killed_behind_the_last_shard(tmp_path / "run", rows=100)
    with pytest.raises(TooManyFailed, match=r"by reason: odd \(an odd number\): 50"):
        run_pipeline(pipeline, RunOptions(max_failed=0.01))
    manifest = run_pipeline(pipeline, RunOptions(max_failed=0.5))
    assert manifest.words == {"dropped": {}, "failed": {"odd": "an odd number"}}
    assert "declares" not in caplog.text


@dataclass
class Mute(Filter):
    def keep(self, table: pa.Table) -> pa.Array:
        return pa.array([True] * table.num_rows)


def test_a_filter_that_declares_no_reason_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Mute declares no reason .* such as reasons = "):
        run_pipeline(Pipeline("mute", Numbers(2), [Stage(Halves()), Mute()], tmp_path / "run"), RunOptions())
    assert not (tmp_path / "run").exists()


def test_a_refused_input_does_not_bind_the_folder_to_the_settings_that_were_wrong(tmp_path: Path) -> None:
    out = tmp_path / "run"
    for count in (4, 6):  # the second one is other settings, and is refused for its own mistake
        with pytest.raises(ValueError, match=f"'numbers/all/0' in rows .1, {count + 1}"):
            run_pipeline(Pipeline("halves", Numbers(count, again=1), [Stage(Halves())], out), RunOptions())
        state = json.loads(RunFolder(out).state.read_text())
        assert state["identity"]["source"]["count"] == count


def test_a_written_input_binds_the_folder_to_its_settings(tmp_path: Path) -> None:
    killed_behind_the_last_shard(tmp_path / "run", rows=4)
    other = Pipeline("halves", Numbers(6), [Stage(Halves())], tmp_path / "run")
    with pytest.raises(ValueError, match="source.count: 4 → 6"):
        run_pipeline(other, RunOptions())


@dataclass
class Unequal(Halves):
    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {"half": [a / b for a, b in zip([1.0], [], strict=True)]}


def test_broken_code_in_a_worker_leaves_its_traceback_in_the_runs_folder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(ValueError, match=r"Unequal: zip\(\) argument 2 is shorter .*crash\.txt"):
        run_pipeline(Pipeline("unequal", Numbers(4), [Stage(Unequal())], out), RunOptions())
    said = (out / "crash.txt").read_text()
    assert "numbers/all/0" in said
    assert "in annotate" in said
