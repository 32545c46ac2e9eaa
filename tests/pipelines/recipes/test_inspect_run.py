"""`inspect` counts and shows the rows of a run, finished or not."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from finished_run import write_finished

from actors.base import BadRow
from pipelines.recipes.inspect_run import inspect, read_rows
from pipelines.schema import base_schema, failed_row, live_row


def rows() -> pa.Table:
    names = {"dataset": "a", "task": "t"}
    kept = [live_row(id=f"a/{i}", response=f"answer {i}", **names) for i in range(3)]
    dropped = live_row(id="a/3", **names) | {"status": "dropped", "reason": "too_short", "score": 2.0}
    failed = failed_row(BadRow("unreadable", "not a picture"), id="a/4", **names)
    return pa.Table.from_pylist([*kept, dropped, failed], base_schema())


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    return write_finished(tmp_path, rows(), name="test", pictures=tmp_path)


def test_rows_are_counted_by_status_and_reason_with_samples_of_each(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inspect(finished, samples=2)
    words = capsys.readouterr().out
    assert "(finished): 5 rows" in words
    for cells in (("live", "3", "60.0%"), ("dropped", "too_short", "1"), ("failed", "unreadable", "20.0%")):
        assert any(all(cell in line for cell in cells) for line in words.splitlines())
    assert "live: a/0" in words and "live: a/1" in words and "live: a/2" not in words
    assert "not a picture" in words
    assert "answer 0" in words


def test_one_reason_alone_can_be_shown(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inspect(finished, samples=5, reason="too_short")
    words = capsys.readouterr().out
    assert "too_short: a/3" in words and "live: a/0" not in words
    with pytest.raises(
        ValueError, match=r"no row has the reason 'too_shor'; there are \['live', 'too_short'"
    ):
        inspect(finished, reason="too_shor")


def test_what_a_run_has_written_so_far_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shards").mkdir()
    with pytest.raises(ValueError, match="holds no rows of a run"):
        read_rows(tmp_path)
    pq.write_table(rows(), tmp_path / "shards" / "a.parquet")
    inspect(tmp_path, samples=0)
    assert "(not finished): 5 rows" in capsys.readouterr().out
