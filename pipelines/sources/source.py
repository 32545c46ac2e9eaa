"""What a data set has to offer to become rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from pipelines.schema import Row


@dataclass
class Source:
    """Reads a data set into rows. Its fields are its whole configuration.

    `reasons` are the codes of the rows it marks dropped or failed, with their words.

    A broken record becomes a `failed_row` with its own reason; only a set that cannot be read at all
    raises. Rows come in a stable order with stable ids `<dataset>/<split>/<key>`.
    """

    reasons: ClassVar[Mapping[str, str]] = {}

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        """Columns beyond the base schema that `rows` fills."""
        return {}

    def declared_reasons(self) -> Mapping[str, str]:
        """`reasons`, and those of the sources that this one is made from."""
        return self.reasons

    def files(self) -> list[Path]:
        """The files the rows come from (their size and time identify the input on resume)."""
        raise NotImplementedError

    def image_root(self) -> Path | None:
        """Folder that every image path must stay under; None for a set without pictures."""
        return None

    def check(self) -> None:
        """Preflight: raises ValueError with the value, what was expected and the next step."""

    def rows(self) -> Iterator[Row]:
        """Every row of the set, in order."""
        raise NotImplementedError
