"""Finished runs of `classify` without a model: rows whose answers are right as often as they are sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from finished_run import write_finished
from tiny_mmbt import LABELS, png

from pipelines.manifest import Manifest
from pipelines.schema import base_schema, live_row

ANSWER = {"confidence": pa.float32(), "label_probabilities": pa.list_(pa.float32())}
PICTURE = {"picture_missing": pa.bool_(), "picture_problem": pa.string()}


def write_classified(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    several: bool = False,
    labels: tuple[str, ...] = LABELS,
) -> Path:
    """`folder` as a finished run of these rows; two pictures, red.png and blue.png, are there."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        (pictures / f"{name}.png").write_bytes(png(colour))
    kind = pa.list_(pa.string()) if several else pa.string()
    names = ("human_labels", "labels") if several else ("human_label", "label")
    own = {name: kind for name in names if name == names[1] or any(name in row for row in rows)}
    schema = pa.schema([*base_schema(), ("text", pa.string()), *(own | ANSWER | PICTURE).items()])
    table = pa.Table.from_pylist([dict(row) for row in rows], schema)
    write_finished(folder, table, name="classify", pictures=pictures)
    statuses = Counter(row["status"] for row in rows)
    lost = ("dropped", "failed")
    config = {
        "model": "runs/mmbt/model",
        "labels": list(labels),
        "multi_label": several,
        "temperature": 1.25,
        "preset": "pocket",
        "weights_sha256": "ab" * 32,
    }
    replace(
        Manifest.read(folder),
        config=config,
        determinism={"dtype": "float32", "batch_invariant": True, "note": "agrees within 1e-5"},
        rows={"in": len(rows), "kept": statuses["live"], **{status: statuses[status] for status in lost}},
        reasons={
            status: dict(Counter(row["reason"] for row in rows if row["status"] == status)) for status in lost
        },
    ).write()
    return folder


def classified_rows(count: int, *, seed: int = 0, human: bool = True) -> list[dict[str, Any]]:
    """Rows with one label each that are right as often as they are sure."""
    draws, rows = np.random.default_rng(seed), []
    for number in range(count):
        given, sure = int(draws.integers(len(LABELS))), float(draws.uniform(0.4, 1.0))
        shares = np.full(len(LABELS), (1 - sure) / (len(LABELS) - 1))
        shares[given] = sure
        right = draws.random() < sure
        truth = given if right else (given + int(draws.integers(1, len(LABELS)))) % len(LABELS)
        row = answer(number, shares, label=LABELS[given], confidence=sure)
        rows.append(row | ({"human_label": LABELS[truth]} if human else {}))
    return rows


def several_rows(count: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """Rows that may have several labels, each there as often as its probability says."""
    draws, rows = np.random.default_rng(seed), []
    for number in range(count):
        shares = draws.uniform(0.0, 1.0, len(LABELS))
        given = [name for name, share in zip(LABELS, shares) if share > 0.5]
        truth = [name for name, share in zip(LABELS, shares) if draws.random() < share]
        sure = float(np.abs(shares - 0.5).min() + 0.5)
        rows.append(answer(number, shares, labels=given, confidence=sure) | {"human_labels": truth})
    return rows


def answer(number: int, shares: Any, **answered: Any) -> dict[str, Any]:
    """A live row that the model answered; the second of three has no picture."""
    picture = {
        "picture_missing": number % 3 == 1,
        "picture_problem": "no_picture" if number % 3 == 1 else None,
    }
    row = live_row(
        id=f"toy/{number:05d}",
        dataset="toy",
        task="label",
        images=[] if number % 3 == 1 else ["red.png"],
        text=f"text {number}",
    )
    return row | picture | answered | {"label_probabilities": [float(share) for share in shares]}
