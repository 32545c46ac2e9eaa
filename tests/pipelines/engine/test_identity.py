"""What has to stay as it was for a folder to be gone on with."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from actors.base import Annotator, Filter
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.run import run_identity
from pipelines.sources.source import Source


@dataclass(frozen=True)
class Fields:
    text: str = "body"


@dataclass
class Table(Source):
    data: Path
    mapping: Fields = Fields()

    def files(self) -> list[Path]:
        return [self.data]


@dataclass
class Model(Annotator):
    folder: str
    batch_size: int = 8

    def identity(self) -> dict[str, Any]:
        return {"folder": self.folder}


@dataclass
class Limit(Filter):
    at_least: float = 0.5


def pipeline(data: Path, **changes: Any) -> Pipeline:
    stages = [Stage(Model("models/a")), Limit()]
    return replace(Pipeline("test", Table(data), stages, data.parent / "out"), **changes)


def test_actors_in_order_the_sources_fields_its_files_and_the_limit_make_a_run(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    data.write_text("text\n")
    identity = run_identity(pipeline(data), limit=3)
    assert identity == {
        "name": "test",
        "stages": [
            {"actor": "Model", "settings": {"folder": "models/a"}},
            {"actor": "Limit", "settings": {"at_least": 0.5}},
        ],
        "source": {"class": "Table", "data": str(data), "mapping": {"text": "body"}},
        "files": {str(data): [5, data.stat().st_mtime]},
        "limit": 3,
    }
    assert json.loads(json.dumps(identity)) == identity


def test_how_a_run_goes_is_no_part_of_what_it_computes(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    data.write_text("text\n")
    stages = [Stage(Model("models/a", batch_size=64), workers=(4, 4), gpus=1.0), Limit()]
    elsewhere = pipeline(data, stages=stages, out=tmp_path / "elsewhere", config={"seed": 1})
    assert run_identity(elsewhere, None) == run_identity(pipeline(data), None)


def test_a_file_that_was_written_again_makes_another_run(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    data.write_text("text\n")
    before = run_identity(pipeline(data), None)
    data.write_text("text\nmore\n")
    assert run_identity(pipeline(data), None)["files"] != before["files"]
