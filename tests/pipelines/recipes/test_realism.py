"""The realism check on the rows of a run and of a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from finished_run import write_finished

from pipelines.manifest import Manifest
from pipelines.metrics.realism_check import OVERALL, POLITE, RAW, read_realism
from pipelines.recipes.realism import measure_realism
from pipelines.schema import BASE_SCHEMA, Row, live_row
from pipelines.sources.source import Source

EXTRA = (("response_original", pa.string()), ("distortion", pa.string()))


@dataclass
class RawTexts(Source):
    """Raw annotations of these words; an empty one is no annotation."""

    texts: tuple[str, ...]

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        for number, text in enumerate(self.texts):
            yield live_row(id=f"raw/{number}", dataset="raw", task="vqa", response=text)


@pytest.fixture
def run(tmp_path: Path) -> Manifest:
    """Three rows that random augmentation distorted, and one that did not come through."""
    rows = [
        live_row(id=f"d/{n}", dataset="d", task="vqa", response="dog", response_original="A big dog.",
                 distortion="random")
        for n in range(3)
    ]  # fmt: skip
    rows.append({**rows[0], "id": "d/3", "status": "dropped", "distortion": "llm"})
    table = pa.Table.from_pylist(rows, pa.schema([*BASE_SCHEMA, *EXTRA]))
    return Manifest.read(write_finished(tmp_path, table, name="distort", pictures=tmp_path))


def test_lines_are_of_kept_rows_and_are_written_beside_the_manifest(run: Manifest) -> None:
    lines = measure_realism(run, RawTexts(("cat", "", "two dogs", "red", "blue")), "raw set")
    assert [line.name for line in lines] == [OVERALL, "random", POLITE, RAW]  # llm kept none
    assert [line.texts for line in lines] == [3, 3, 3, 2]  # four raw texts, in halves for the last
    assert read_realism(run.path) == ("raw set", lines)


def test_a_set_without_raw_responses_is_refused(run: Manifest) -> None:
    with pytest.raises(ValueError, match="no raw responses; give --realism-against"):
        measure_realism(run, RawTexts(("", " ")), "raw set")
    assert read_realism(run.path) is None
