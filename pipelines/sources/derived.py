"""Sources made from another source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.sources.source import Source


@dataclass
class DerivedSource(Source):
    """The rows of `of`, changed by `rows`; columns, files, pictures and preflight are those of `of`."""

    of: Source

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return self.of.columns

    def declared_reasons(self) -> Mapping[str, str]:
        return {**self.of.declared_reasons(), **self.reasons}

    def files(self) -> list[Path]:
        return self.of.files()

    def image_root(self) -> Path | None:
        return self.of.image_root()

    def check(self) -> None:
        self.of.check()
