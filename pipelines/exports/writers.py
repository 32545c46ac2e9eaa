"""Files of an exported set, written row by row so that a million rows need no memory."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from actors.apply import MARKS
from actors.base import LIVE, BadRow
from actors.pictures.image_reader import MISSING_IMAGE, read_image
from pipelines.manifest import Manifest

ROWS_PER_TAR = 10_000


@contextmanager
def json_array(file: Path) -> Iterator[Callable[[Any], None]]:
    """Gives a function that appends one element to the array in `file`."""
    with file.open("w", encoding="utf-8") as out:
        between = "[\n"

        def add(element: Any) -> None:
            nonlocal between
            out.write(between + json.dumps(element, ensure_ascii=False))
            between = ",\n"

        yield add
        out.write("\n]\n" if between != "[\n" else "[]\n")


@contextmanager
def json_lines(file: Path) -> Iterator[Callable[[Any], None]]:
    """Gives a function that appends one line to `file`."""
    with file.open("w", encoding="utf-8") as out:
        yield lambda element: print(json.dumps(element, ensure_ascii=False), file=out)


def write_parquet(manifest: Manifest, folder: Path) -> list[Path]:
    """The live rows of every shard as a file of its own, without the columns that mark a row."""
    columns = [name for name in manifest.schema if name not in MARKS]
    files = []
    for number, shard in enumerate(manifest.shards):
        table = pq.read_table(manifest.path / shard["path"], columns=[*columns, "status"])
        live = table.filter(pc.equal(table["status"], LIVE)).select(columns)
        files.append(folder / f"data-{number:05d}.parquet")
        pq.write_table(live, files[-1])
    return files


@dataclass
class TarShards:
    """WebDataset shards: per row `<number>.json` and its pictures, `<number>.0.png` and so on.

    The same rows give the same bytes.
    """

    folder: Path
    image_root: Path | None
    rows_per_tar: int = ROWS_PER_TAR
    files: list[Path] = field(default_factory=list)
    rows: int = 0

    def __post_init__(self) -> None:
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> TarShards:
        return self

    def __exit__(self, *_: object) -> None:
        if self._tar is not None:
            self._tar.close()

    def add(self, record: dict[str, Any], images: list[str]) -> None:
        """Appends one sample.

        Raises:
            BadRow: a picture cannot be read; nothing was written.
        """
        if images and self.image_root is None:
            raise BadRow(MISSING_IMAGE, "the run names no picture folder")
        pictures = [read_image(self.image_root, image) for image in images if self.image_root]
        tar, key = self._shard(), f"{self.rows:09d}"
        for place, (image, content) in enumerate(zip(images, pictures, strict=True)):
            _member(tar, f"{key}.{place}{Path(image).suffix.lower() or '.png'}", content)
        _member(tar, f"{key}.json", json.dumps(record, ensure_ascii=False).encode())
        self.rows += 1

    def _shard(self) -> tarfile.TarFile:
        if self._tar is None or self.rows % self.rows_per_tar == 0:
            if self._tar is not None:
                self._tar.close()
            self.files.append(self.folder / f"shard-{len(self.files):06d}.tar")
            self._tar = tarfile.open(self.files[-1], "w")  # noqa: SIM115  the next shard closes it
        return self._tar


def _member(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
