"""Examples on disk, where every worker finds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trainers.loop.trainee import Example

FILE = "examples.parquet"
NUMBERS = dict.fromkeys(("ids", "target_starts", "target_ends"), pa.list_(pa.int32()))
COLUMNS = pa.schema({"id": pa.string(), **NUMBERS, "images": pa.list_(pa.string())})


class Examples:
    """The examples in a folder; `lengths` are their tokens, `num_targets` how many of these are predicted."""

    def __init__(self, folder: Path) -> None:
        self.table = pq.read_table(folder / FILE, memory_map=True).combine_chunks()
        self.lengths: list[int] = [len(ids) for ids in self.table["ids"]]
        starts, ends = self.table["target_starts"].to_pylist(), self.table["target_ends"].to_pylist()
        self.num_targets: list[int] = [sum(b) - sum(a) for a, b in zip(starts, ends, strict=True)]

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Example:
        row = {name: self.table[name][index].as_py() for name in COLUMNS.names}
        targets = tuple(zip(row["target_starts"], row["target_ends"], strict=True))
        return Example(row["id"], tuple(row["ids"]), targets, tuple(row["images"]))


def write_examples(chunks: Iterable[Sequence[Example]], folder: Path) -> int:
    """Writes `examples.parquet` into `folder`, complete or absent, and returns how many examples it holds.

    Only a chunk at a time is in memory. Where there is no example at all, nothing is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part, count = folder / "examples.part", 0
    with pq.ParquetWriter(part, COLUMNS) as writer:
        for chunk in chunks:
            writer.write_table(pa.Table.from_pylist([_as_row(example) for example in chunk], COLUMNS))
            count += len(chunk)
    if count:
        part.replace(folder / FILE)
    else:
        part.unlink()
    return count


def _as_row(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "ids": list(example.ids),
        "target_starts": [start for start, _ in example.targets],
        "target_ends": [end for _, end in example.targets],
        "images": list(example.images),
    }
