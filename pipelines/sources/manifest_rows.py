"""The rows of a finished run, so that one run's output is the next one's input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from actors.base import Columns
from pipelines.manifest import MANIFEST, Manifest
from pipelines.schema import BASE_COLUMNS, Row
from pipelines.sources.source import Source

BATCH = 4096  # rows read from a shard at a time


@dataclass
class ManifestRows(Source):
    """Every row of the run folder `run` as it was written, marked ones included, shard after shard.

    Columns that the run added come along; `without` are left out so that a later stage may write them.
    """

    run: Path
    without: tuple[str, ...] = ()

    @cached_property
    def manifest(self) -> Manifest:
        """The run's manifest.

        Raises:
            ValueError: there is no finished run in the folder.
        """
        return Manifest.read(self.run)

    @property
    def columns(self) -> Columns:
        left_out = {*BASE_COLUMNS, *self.without}
        return {name: kind for name, kind in self.manifest.schema.items() if name not in left_out}

    def declared_reasons(self) -> Mapping[str, str]:
        return {code: words for own in self.manifest.words.values() for code, words in own.items()}

    def files(self) -> list[Path]:
        return [self.run / MANIFEST]

    def image_root(self) -> Path | None:
        root = self.manifest.image_root
        return Path(root) if root else None

    def check(self) -> None:
        missing = [name for name in BASE_COLUMNS if name not in self.manifest.schema]
        if missing:
            raise ValueError(
                f"{self.run} has no columns {missing}; expected the output of a run of this version"
            )

    def __str__(self) -> str:
        return str(self.run)

    def rows(self) -> Iterator[Row]:
        for batch in self.manifest.batches([*BASE_COLUMNS, *self.columns], rows=BATCH):
            yield from batch.to_pylist()
