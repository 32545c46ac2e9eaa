"""One run's output is the next one's input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.manifest import MANIFEST
from pipelines.recipes.ingest import ingest_rows
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.tables.pairs import Pairs


@pytest.fixture
def run(tmp_path: Path) -> Path:
    records = [{"instruction": "a", "response": "b"}, {"instruction": "a"}, {"question": "c", "answer": "d"}]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, records)))
    ingest_rows(Pairs(tmp_path / "own.jsonl"), tmp_path / "run")
    return tmp_path / "run"


def test_rows_come_as_they_were_written_marks_and_columns_too(run: Path) -> None:
    source = ManifestRows(run)
    source.check()
    assert [(row["id"], row["status"]) for row in source.rows()] == [
        ("own/all/1", "live"), ("own/all/2", "failed"), ("own/all/3", "live"),
    ]  # fmt: skip
    assert set(source.columns) == {"captions", "box_labels", "boxes"}
    assert source.image_root() == run.parent and source.files() == [run / MANIFEST]


def test_columns_can_be_left_out_for_a_later_stage_to_write(run: Path) -> None:
    source = ManifestRows(run, without=("captions",))
    assert set(source.columns) == {"box_labels", "boxes"}
    assert "captions" not in next(iter(source.rows()))


def test_a_folder_without_a_finished_run_and_one_of_other_columns_are_refused(run: Path) -> None:
    with pytest.raises(ValueError, match="no finished run"):
        ManifestRows(run.parent).check()
    manifest = json.loads((run / MANIFEST).read_text())
    manifest["schema"].pop("instruction")
    (run / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"has no columns \['instruction'\]"):
        ManifestRows(run).check()


def test_a_run_is_called_by_its_folder(tmp_path: Path) -> None:
    assert f"{ManifestRows(tmp_path)}" == str(tmp_path)
