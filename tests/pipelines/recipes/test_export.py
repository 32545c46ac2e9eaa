"""`export` says where the set is, how many rows it has, and why others are not in it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from finished_run import write_finished

from pipelines.recipes.export import export
from pipelines.schema import base_schema, live_row

SCHEMA = pa.schema([*base_schema(), ("response_original", pa.string())])


def rewritten(folder: Path) -> Path:
    """A rewriting run of three rows, of which two were kept."""
    folder.mkdir()
    rows = [
        live_row(
            id=f"toy/{number}", dataset="toy", task="caption", instruction="What?", response="A ring.",
            response_original="ring",
        )
        for number in range(3)
    ]  # fmt: skip
    rows[2] |= {"status": "dropped", "reason": "too_short"}
    return write_finished(folder, pa.Table.from_pylist(rows, SCHEMA), name="rewrite", pictures=folder)


def test_the_set_lies_in_the_runs_folder_and_its_numbers_are_printed(tmp_path, capsys):
    run = rewritten(tmp_path / "run")
    export(run, format="sharegpt")
    words = capsys.readouterr().out
    [line] = [line for line in words.splitlines() if line.startswith(" toy")]
    assert [cell.strip() for cell in line.split("│")] == ["toy", "2", "1", "too_short"]
    assert (run / "export/sharegpt/README.md").is_file()


def test_the_set_lies_where_it_is_wanted(tmp_path, monkeypatch, capsys):
    rewritten(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    export(Path("run"), format="llava", out=Path("set"))
    assert f"card: {tmp_path / 'set/README.md'}" in capsys.readouterr().out
