"""A user's own pictures: `folder/<label>/*.jpg`, or all in one folder, with a table of labels or without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow
from actors.did_you_mean import did_you_mean
from actors.pictures.image_reader import MISSING_IMAGE
from actors.prompts.task import Task
from pipelines.schema import LABEL_COLUMNS, Row, failed_row, live_row
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.label_cells import LABEL_MAP, label_lookup, read_label
from pipelines.sources.tables.picture_metadata import METADATA, PictureMetadata
from pipelines.sources.tables.records import BAD_ID, is_unicode

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp")


@dataclass
class ImageFolder(Source):
    """One row per picture, in the order of names; other files are not rows, and counted.

    A folder's name is its pictures' label, `_` and `-` read as spaces; pictures beside the folders have
    no label. `text` is empty, or with `name_as_text` the file's name in words. A table `metadata.jsonl`,
    `.csv` or `.parquet`, as Hugging Face's ImageFolder has it, gives texts and labels by `file_name`: then
    the folders' names are labels only if it has no column `label`.
    """

    summary = "your own pictures, one folder per label or all in one (--data)"
    labelled = True
    columns = LABEL_COLUMNS

    task: Task
    folder: Annotated[Path, Flag("a folder of pictures", name="data")]
    label_map: Annotated[Mapping[str, str], LABEL_MAP] = field(default_factory=dict)
    name_as_text: Annotated[bool, Flag("Take each file's name as its text.")] = False

    def files(self) -> list[Path]:
        return [self.folder, *self._label_folders(), *([self._metadata.file] if self._metadata else [])]

    def image_root(self) -> Path:
        return self.folder

    def check(self) -> None:
        if not self.folder.is_dir():
            raise ValueError(f"{self.folder} is no folder; give a folder of pictures as --data")
        metadata = self._metadata
        if metadata:
            metadata.check()
        for folder in [] if metadata and metadata.has_labels else self._label_folders():
            if self._label(folder.name) is None:
                raise ValueError(
                    f"folder {folder.name!r} is no label of task {self.task.name!r}, which has "
                    f"{list(self.task.labels)}; rename it or say --label-map {folder.name}=..."
                    f"{did_you_mean(folder.name, self.task.labels)}"
                )
        if next(self._pictures(), None) is None:
            raise ValueError(f"{self.folder} holds no pictures; expected files in {', '.join(SUFFIXES)}")

    def rows(self) -> Iterator[Row]:
        unused = self.count_unused()
        described = self._metadata.records(unused) if self._metadata else {}
        for picture in self._pictures():
            path = picture.relative_to(self.folder)
            yield self._row(path, described.pop(path.as_posix(), None))
        for name, left in described.items():
            absent = BadRow(MISSING_IMAGE, f"{METADATA} names {name!r}, which is no picture here")
            yield failed_row(left if isinstance(left, BadRow) else absent, **self._fixed(name))
        for name, number in self._other_files().items():
            unused.add([name], number)

    @cached_property
    def _metadata(self) -> PictureMetadata | None:
        return PictureMetadata.of(self.folder)

    @cached_property
    def _lookup(self) -> dict[str, str]:
        lookup = label_lookup(self.task, self.label_map)
        return lookup | {_words(value): label for value, label in lookup.items()}

    def _label(self, folder: str) -> str | None:
        return self._lookup.get(folder.casefold()) or self._lookup.get(_words(folder.casefold()))

    def _label_folders(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.is_dir() and path.name[0] != ".")

    def _pictures(self) -> Iterator[Path]:
        for folder in (self.folder, *self._label_folders()):
            yield from sorted(
                path
                for path in folder.iterdir()
                if path.suffix.lower() in SUFFIXES and path.name[0] != "." and not path.is_dir()
            )

    def _other_files(self) -> Counter[str]:
        """Files in the folders that are no row, by suffix, and pictures in deeper folders."""
        found: Counter[str] = Counter()
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).parts
            known = self._metadata is not None and path == self._metadata.file
            if known or any(part[0] == "." for part in parts) or path.is_dir():
                continue
            if path.suffix.lower() not in SUFFIXES:
                found[f"file {path.suffix.lower() or path.name}"] += 1
            elif len(parts) > 2:
                found["picture in a folder of a label's folder"] += 1
        return found

    def _fixed(self, name: str) -> dict[str, str]:
        return {"id": f"{self.folder.resolve().name}/all/{name}", "dataset": "image_folder", "task": "label"}

    def _row(self, path: Path, described: Mapping[str, Any] | BadRow | None) -> Row:
        place = path.as_posix()
        name = place.encode("utf-8", "backslashreplace").decode()
        fixed = self._fixed(name)
        if not is_unicode(place):
            return failed_row(BadRow(BAD_ID, f"the file name {name!r} is not UTF-8; rename it"), **fixed)
        text = _words(path.stem) if self.name_as_text else ""
        by_folder = len(path.parts) > 1 and not (self._metadata and self._metadata.has_labels)
        label = self._label(path.parts[0]) if by_folder else None
        try:
            if isinstance(described, BadRow):
                raise described
            if described:
                text = text or described["text"]
                label = label or read_label(described["label"], self._lookup)
        except BadRow as bad:
            return failed_row(bad, **fixed)
        return live_row(**fixed, text=text, human_label=label, images=[place])


def _words(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").split())
