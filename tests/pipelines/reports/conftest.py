"""Run folders as `annotate` writes them, from rows written in the test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.columns import arrow_types
from actors.labels.asking import label_fields
from actors.prompts.task import Task
from pipelines.manifest import Manifest, schema_json
from pipelines.schema import LABEL_COLUMNS, MULTI_LABEL_COLUMNS, base_schema

MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes a finished run: `make_run(name, rows, task=…, **config)` returns its folder."""

    def make(name: str, rows: Sequence[Mapping[str, Any]], *, task: Task, **config: Any) -> Path:
        return write_run(tmp_path / name, rows, task=task, **config)

    return make


def write_run(folder: Path, rows: Sequence[Mapping[str, Any]], *, task: Task, **config: Any) -> Path:
    folder.joinpath("shards").mkdir(parents=True)
    columns = MULTI_LABEL_COLUMNS if task.multi_label else LABEL_COLUMNS
    schema = pa.schema([*base_schema(), *arrow_types({**columns, **label_fields(task)}).items()])
    table = pa.Table.from_pylist([_full(row, schema.names) for row in rows], schema=schema)
    pq.write_table(table, folder / "shards" / "a.parquet")
    reasons = {
        status: dict(Counter(row["reason"] for row in table.to_pylist() if row["status"] == status))
        for status in ("dropped", "failed")
    }
    lost = {status: sum(counts.values()) for status, counts in reasons.items()}
    kept = len(rows) - sum(lost.values())
    Manifest(
        path=folder,
        name="annotate",
        created="2026-01-02T03:04:05Z",
        command=["python", "-m", "pipelines", "annotate"],
        config=json.loads(json.dumps(_config(task, config), default=dict)),
        determinism={"dtype": "float32", "batch_invariant": True, "note": ""},
        versions={},
        git_commit=None,
        image_root=config.get("image_root"),
        rows={"in": len(rows), "kept": kept, **lost},
        reasons=reasons,
        shards=[{"path": "shards/a.parquet", "rows": len(rows)}],
        schema=schema_json(schema),
        timings=_timings(len(rows)),
    ).write()
    return folder


def _full(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """The row with what `annotate` would have added; no label means unanswered, `reason` a failure."""
    full: dict[str, Any] = dict.fromkeys(columns)
    full |= {"dataset": "d", "task": "label", "images": [], "text": "a text", "status": "live"}
    full |= {"prompt_tokens": 40, "new_tokens": 5, "cut_tokens": 0, "raw_output": row.get("label")}
    full |= dict(row)
    if row.get("status") is None and row.get("labels", row.get("label")) is None:
        full |= {"status": "dropped", "reason": f"unanswered_{row.get('answer_kind', 'unparsed')}"}
    return full


def _config(task: Task, config: Mapping[str, Any]) -> dict[str, Any]:
    name = config.get("annotator", "tiny")
    return (
        {
            "task": asdict(task),
            "annotator": {"name": name, "checkpoint": f"org/{name}", "family": "causal", "uses_image": False},
            "mode": "regex",
            "engine": "transformers",
            "use_images": False,
            "params": {"temperature": 0.8},
            "seed": 0,
            "source": {"name": "three rows"},
            "run": {"limit": None},
            "baseline": None,
        }
        | {key: value for key, value in config.items() if key not in ("annotator", "image_root")}
        | ({"annotator": config["model"]} if "model" in config else {})
    )


def _timings(rows: int) -> dict[str, Any]:
    stage = {"name": "LabelAnnotator", "rows": rows, "busy_s": rows / 2, "workers": 1, "gpus": 0.0}
    return {
        "started": "2026-01-02T03:04:05Z",
        "finished": "2026-01-02T03:05:05Z",
        "wall_s": 60.0,
        "runs": 1,
        "stages": [stage],
    }
