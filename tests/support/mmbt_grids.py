"""GRID.json files, with the sets and models they name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mmbt_sets import colour_rows, label_table, tiny_settings, write_set
from tiny_mmbt import tiny_bert


def trainable_grid(root: Path, **changes: Any) -> Path:
    """GRID.json beside its sets, with human labels and two seeds; `changes` replace its keys."""
    if not (root / "train").is_dir():
        write_set(root / "train", colour_rows(30))
        write_set(root / "test", colour_rows(9, first=60))
        tiny_bert(root / "bert")
        label_table(root / "model.parquet", {row["id"]: "food" for row in colour_rows(20)})
        label_table(root / "empty.parquet", {"nobody": "food"})
    flags = {
        name: value
        for name, value in vars(tiny_settings(root / "bert", epochs=2)).items()
        if value is not None
    }
    grid = {
        "train": ["train"],
        "dev": None,
        "test": ["test"],
        "settings": flags,
        "runs": [{"name": "human", "labels": None, "seed": 0}, {"name": "model", "labels": "model.parquet"}],
    }
    return write_grid(root, **(grid | changes))


def write_grid(root: Path, **grid: Any) -> Path:
    """GRID.json with these keys and no others."""
    file = root / "grid.json"
    file.write_text(json.dumps(grid))
    return file
