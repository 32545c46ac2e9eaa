"""A user's own pictures: `folder/<label>/*.jpg`, or all in one folder without labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

from actors.base import BadRow
from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.schema import LABEL_COLUMNS, Row, failed_row, live_row
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.label_cells import LABEL_MAP, label_lookup
from pipelines.sources.tables.records import BAD_ID, is_unicode

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp")


@dataclass
class ImageFolder(Source):
    """One row per picture, in the order of names; other files are not rows.

    A folder's name is its pictures' label, `_` and `-` read as spaces; pictures beside the folders have
    no label. `text` is empty, or with `name_as_text` the file's name in words.
    """

    summary = "your own pictures, one folder per label or all in one (--data)"
    labelled = True
    columns = LABEL_COLUMNS

    task: Task
    folder: Annotated[Path, Flag("a folder of pictures", name="data")]
    label_map: Annotated[Mapping[str, str], LABEL_MAP] = field(default_factory=dict)
    name_as_text: Annotated[bool, Flag("Take each file's name as its text.")] = False

    def files(self) -> list[Path]:
        return [self.folder, *self._label_folders()]

    def image_root(self) -> Path:
        return self.folder

    def check(self) -> None:
        if not self.folder.is_dir():
            raise ValueError(f"{self.folder} is no folder; give a folder of pictures as --data")
        for folder in self._label_folders():
            if self._label(folder.name) is None:
                raise ValueError(
                    f"folder {folder.name!r} is no label of task {self.task.name!r}, which has "
                    f"{list(self.task.labels)}; rename it or say --label-map {folder.name}=..."
                    f"{did_you_mean(folder.name, self.task.labels)}"
                )
        if next(self._pictures(), None) is None:
            raise ValueError(f"{self.folder} holds no pictures; expected files in {', '.join(SUFFIXES)}")

    def rows(self) -> Iterator[Row]:
        for picture in self._pictures():
            yield self._row(picture.relative_to(self.folder))

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

    def _row(self, path: Path) -> Row:
        place = path.as_posix()
        name = place.encode("utf-8", "backslashreplace").decode()
        fixed = {"id": f"{self.folder.resolve().name}/all/{name}", "dataset": "image_folder", "task": "label"}
        if not is_unicode(place):
            return failed_row(BadRow(BAD_ID, f"the file name {name!r} is not UTF-8; rename it"), **fixed)
        label = self._label(path.parts[0]) if len(path.parts) > 1 else None
        text = _words(path.stem) if self.name_as_text else ""
        return live_row(**fixed, text=text, human_label=label, images=[place])


def _words(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").split())
