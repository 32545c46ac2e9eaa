"""What every source says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from actors.prompts.task import Task
from pipelines.engine.ingest import source_identity
from pipelines.schema import Row, live_row
from pipelines.sources.source import COUNTED_NAMES, Source, Unused


@dataclass
class Lines(Source):
    """A row per line; what stands behind a bar is not used."""

    task: Task
    path: Path

    def files(self) -> list[Path]:
        return [self.path]

    def rows(self) -> Iterator[Row]:
        unused = self.count_unused()
        for number, line in enumerate(self.path.read_text().splitlines()):
            text, bar, _ = line.partition("|")
            unused.add(["behind the bar"] if bar else [])
            yield live_row(id=f"lines/all/{number}", dataset="lines", task="t", response=text)


def test_a_source_is_called_by_its_files_wherever_it_is_printed(tmp_path: Path) -> None:
    source = Lines(Task("t", "s", ("a", "b"), "{document}?"), tmp_path / "t.txt")
    assert f"{source}" == str(tmp_path / "t.txt")


def test_every_pass_counts_anew_what_is_not_used_and_the_source_stays_the_same(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a|b\nc\nd|e\n")
    source = Lines(Task("t", "s", ("a", "b"), "{document}?"), tmp_path / "t.txt")
    before = source_identity("t", source, None)
    assert source.unused() == {}
    for _ in range(2):
        assert len(list(source.rows())) == 3
        assert source.unused() == {"behind the bar": 2}
    assert source_identity("t", source, None) == before
    assert [item.name for item in fields(source)] == ["task", "path"]


def test_names_without_end_are_counted_as_others_and_can_be_printed() -> None:
    unused = Unused()
    unused.add(f"column {number}" for number in range(COUNTED_NAMES + 50))
    unused.add(["column 3", "column \ud800"], 2)
    assert unused.records["others"] == 52 and unused.records["column 3"] == 3
    assert len(unused.records) == COUNTED_NAMES + 1
    broken = Unused()
    broken.add(["column \ud800" + "x" * 5000])
    [name] = broken.records
    assert name.encode() and len(name) < 200
