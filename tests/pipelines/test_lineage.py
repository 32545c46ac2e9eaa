from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from finished_run import write_finished

from pipelines.lineage import runs_behind
from pipelines.manifest import Manifest
from pipelines.schema import base_schema


def run(folder: Path, config: dict[str, Any]) -> Manifest:
    folder.mkdir()
    manifest = Manifest.read(
        write_finished(
            folder, pa.table([[]] * len(base_schema()), base_schema()), name="test", pictures=folder
        )
    )
    manifest = replace(manifest, config=config)
    manifest.write()
    return manifest


def reads(*folders: Path) -> dict[str, Any]:
    sources = [{"class": "ManifestRows", "run": str(folder)} for folder in folders]
    return {"identity": {"source": {"class": "JoinedRows", "sources": sources}}}


def test_the_runs_behind_a_mix_are_listed_once_nearest_first(tmp_path: Path) -> None:
    run(tmp_path / "first", {})
    run(tmp_path / "second", reads(tmp_path / "first"))
    last = run(tmp_path / "last", reads(tmp_path / "second", tmp_path / "first", tmp_path / "gone"))
    assert [manifest.path.name for manifest in runs_behind(last)] == ["second", "first"]


def test_a_run_decided_again_comes_from_the_run_that_scored_it(tmp_path: Path) -> None:
    run(tmp_path / "scored", {})
    again = run(tmp_path / "again", {"scored_by": str(tmp_path / "scored"), **reads(tmp_path / "gone")})
    assert [manifest.path.name for manifest in runs_behind(again)] == ["scored"]


def test_runs_that_name_each_other_end(tmp_path: Path) -> None:
    one = run(tmp_path / "one", reads(tmp_path / "two"))
    run(tmp_path / "two", reads(tmp_path / "one"))
    assert [manifest.path.name for manifest in runs_behind(one)] == ["two"]
