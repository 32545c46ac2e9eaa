"""Rows and actors whose cost is known, so that everything else is overhead."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.base import Annotator
from pipelines.schema import Row, live_row
from pipelines.sources.source import Source


@dataclass
class Rows(Source):
    """`count` short rows."""

    count: int

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        for i in range(self.count):
            yield live_row(id=f"rows/all/{i:08d}", dataset="rows", task="text", instruction=f"row {i}")


@dataclass
class Sleeper(Annotator):
    """Sleeps `seconds` per batch and writes when each row was done (seconds since the epoch)."""

    seconds: float = 0.0

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id",)

    @property
    def writes(self) -> Mapping[str, pa.DataType]:
        return {"done_at": pa.float64()}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        if self.seconds:
            time.sleep(self.seconds)
        return {"done_at": [time.time()] * table.num_rows}


@dataclass
class Hasher(Sleeper):
    """Like Sleeper, but computes: it hashes `rounds` blocks of 64 KiB per batch."""

    rounds: int = 0

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        block = bytes(65536)
        for _ in range(self.rounds):
            hashlib.blake2b(block).digest()
        return {"done_at": [time.time()] * table.num_rows}


def hasher(seconds: float) -> Hasher:
    """A Hasher whose batch takes about `seconds` on this machine."""
    block, count = bytes(65536), 0
    end = time.perf_counter() + 0.5
    while time.perf_counter() < end:
        hashlib.blake2b(block).digest()
        count += 1
    return Hasher(rounds=max(1, round(count * seconds / 0.5)))
