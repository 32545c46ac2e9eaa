"""Sources made from other sources."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from actors.base import FAILED, LIVE, Columns
from actors.columns import arrow_types
from actors.models.text_generator import IMAGE_MARKS
from pipelines.schema import Row
from pipelines.sources.source import Source
from pipelines.sources.tables.records import IMAGE_MARK


@dataclass
class DerivedSource(Source):
    """The rows of `of`, changed by `rows`; columns, files, pictures and preflight are those of `of`."""

    of: Source

    @property
    def columns(self) -> Columns:
        return self.of.columns

    def declared_reasons(self) -> Mapping[str, str]:
        return {**self.of.declared_reasons(), **self.reasons}

    def files(self) -> list[Path]:
        return self.of.files()

    def image_root(self) -> Path | None:
        return self.of.image_root()

    def check(self) -> None:
        self.of.check()

    def unused(self) -> Mapping[str, int]:
        return self.of.unused()


@dataclass
class InstructionRows(DerivedSource):
    """The rows of `of`, a labelled set: its text becomes the instruction, with a mark per picture at the
    end, and the human label the response, several with commas between. The set's own columns stay.

    The task is `vqa` where a question is asked about a picture, `classification` elsewhere.
    """

    def rows(self) -> Iterator[Row]:
        for row in self.of.rows():
            text, pictures = row.get("text"), row.get("images") or []
            if row["instruction"] is None and text is not None:
                row["instruction"] = text + IMAGE_MARK * len(pictures)
                if IMAGE_MARK in text and row["status"] == LIVE:
                    row |= {"status": FAILED, "reason": IMAGE_MARKS, "detail": f"the text holds {IMAGE_MARK}"}
            if row["response"] is None:
                row["response"] = row.get("human_label") or ", ".join(row.get("human_labels") or ()) or None
            if row["task"] == "label":
                row["task"] = "vqa" if pictures and (text or "").rstrip().endswith("?") else "classification"
            yield row


@dataclass
class JoinedRows(Source):
    """The rows of `parts`, one source after the other; a column that a source lacks is null in its rows.

    With pictures in several folders, paths start from the folder that holds them all.
    """

    parts: tuple[Source, ...]

    @property
    def columns(self) -> Columns:
        joined: dict[str, pa.DataType] = {}
        for part in self.parts:
            for name, kind in arrow_types(part.columns).items():
                if joined.setdefault(name, kind) != kind:
                    raise ValueError(
                        f"column {name!r} is {joined[name]} in one source and {kind} in another; rename one"
                    )
        return joined

    def declared_reasons(self) -> Mapping[str, str]:
        return {code: words for part in self.parts for code, words in part.declared_reasons().items()}

    def files(self) -> list[Path]:
        return [file for part in self.parts for file in part.files()]

    def image_root(self) -> Path | None:
        roots = [root.resolve() for part in self.parts if (root := part.image_root()) is not None]
        return Path(os.path.commonpath(roots)) if roots else None

    def check(self) -> None:
        for part in self.parts:
            part.check()
        _ = self.columns  # raises where two sources disagree

    def unused(self) -> Mapping[str, int]:
        return sum((Counter(part.unused()) for part in self.parts), Counter())

    def rows(self) -> Iterator[Row]:
        root = self.image_root()
        for part in self.parts:
            own = part.image_root()
            prefix = Path(os.path.relpath(own.resolve(), root)) if own and root else Path()
            for row in part.rows():
                if row["images"] and prefix != Path():
                    row["images"] = [(prefix / path).as_posix() for path in row["images"]]
                yield row
