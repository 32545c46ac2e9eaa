"""MMBT's training and prediction against plain PyTorch loops over the same batches, and what stored features
save: one process, one thread.

Emojis with their English names (each row its own picture), the pocket pair EfficientNet-Lite0 + MiniLM and
its preset, batches of 32. The sides of each part come in turn; a part's first side is the plain one.

- training: an epoch with the backbone frozen and its features stored. Plain: padded ids, the module, cross
  entropy, backward, clipping, AdamW; ours: the trainer's batches, loss and engine. Same rows per step, same
  dropout, rate 0: the summed losses are equal.
- training with pictures: the same while the backbone trains too, so that every picture is read, decoded and
  encoded in each epoch.
- prediction: pictures read, decoded and encoded, probabilities. Plain: the module over rows in file order,
  each batch padded to its longest; ours: the prediction actor on Arrow tables of the same rows.
- frozen: an epoch, and all epochs of the preset, with a backbone that stands still. Plain: pictures decoded
  and encoded in every epoch; ours: read from the stored file, for all epochs with the one encoding counted.

Expected before the first run: at least 0.95 in the first three parts, since nearly all time is the models'
own; a picture takes about 30 ms to decode and encode and a short text 4 ms to train on, so stored features
make an epoch eight times as fast, and all six with their one encoding four times. Measured 3.1 and 1.7: a
picture takes 8 ms (a text 4), and keys, files and the one encoding in float32 count in the six. A study that
trains forty classifiers on the same pictures encodes them once for all.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from actors.models.mmbt.folder import MINILM, build_mmbt
from actors.models.mmbt.network import MmbtConfig
from benchmarks.results_table import write_results
from benchmarks.trainers.mmbt_sides import ALL_EPOCHS, POCKET, Set, emoji_rows, parts
from benchmarks.turns import HEADING, Turns


def measured(sides: dict[str, Callable[[], object]], rows: int, rounds: int) -> tuple[list[list[str]], str]:
    """Table lines, and what they are medians of; every side's result is that of the first one."""
    first = {name: side() for name, side in sides.items()}  # not timed: a first call takes longer
    expected = next(iter(first.values()))
    turns = Turns()
    for _ in range(rounds):
        turns.run(sides, partial(check, expected))
    return turns.lines(rows), turns.note()


def check(expected: object, name: str, result: object) -> None:
    """Asserts that a side computed the same as the first."""
    difference = np.abs(np.asarray(result) / np.asarray(expected) - 1).max()
    assert difference < 2e-3, f"{name} differs from the first side by {difference}"


def main(rows: int = 256, rounds: int = 3) -> None:
    split, labels = emoji_rows(rows)
    config = MmbtConfig(
        MINILM,
        POCKET.image_model,
        labels,
        image_tokens=POCKET.image_tokens,
        max_text_tokens=POCKET.max_text_tokens,
    )
    lines, notes = [], []
    with tempfile.TemporaryDirectory() as folder:
        data = Set(split, build_mmbt(config, seed=0), Path(folder))
        for name, sides in parts(data).items():
            epochs = POCKET.epochs if name == ALL_EPOCHS else 1
            found, note = measured(sides, rows * epochs, rounds)
            lines += [[name, *line] for line in found]
            notes.append(f"{name}: {note}")
    write_results(
        "mmbt",
        "MMBT",
        ("part", *HEADING),
        lines,
        note=f"{rows} rows; " + "\n\n".join(notes),
        doc=__doc__ or "",
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*map(int, sys.argv[1:]))
