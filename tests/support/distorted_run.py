"""Finished runs with drafts and polite texts, and a tiny Flamingo on disk, for the rewriter's trainer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from finished_run import write_finished
from tiny_flamingo import picture, tiny_flamingo

from actors.models.flamingo.store import save_flamingo
from pipelines.schema import base_schema, live_row
from trainers.rewriter.presets import POCKET_REWRITER

SCHEMA = pa.schema([*base_schema(), ("response_original", pa.string())])
CONTEXT = 420  # bytes; the prompt around a row has 265


def polite_rows(count: int) -> list[dict[str, Any]]:
    """Rows in which shouting is undone; every third has no picture, every tenth two."""
    rows = []
    for number in range(count):
        pictures = (
            [] if number % 3 == 0 else ["1.png", "2.png"] if number % 10 == 1 else [f"{number % 4}.png"]
        )
        polite = f"It is {'very ' * (number % 4)}red."
        row = live_row(
            id=f"toy/{number:04d}",
            dataset="toy",
            task="caption",
            images=pictures,
            instruction="What?" + "<image>" * len(pictures),
            response=polite.upper(),
            response_original=polite,
        )
        rows.append(row)
    return rows


def write_run(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A run folder with these rows in one shard, and pictures 0 to 3."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    for number in range(4):
        (pictures / f"{number}.png").write_bytes(picture(number))
    table = pa.Table.from_pylist(rows, SCHEMA)
    return write_finished(folder, table, name="distort", pictures=pictures)


def write_base(folder: Path) -> Path:
    """A Flamingo of a few thousand weights without adapters, as a folder."""
    return save_flamingo(tiny_flamingo(context=CONTEXT), folder)


SMALL = replace(
    POCKET_REWRITER, context=CONTEXT, batch_size=8, epochs=2, lora_rank=4, learning_rate=5e-3, warmup_steps=2
)
