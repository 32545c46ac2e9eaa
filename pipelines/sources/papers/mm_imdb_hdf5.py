"""Films with poster, plot and genres: the `multimodal_imdb.hdf5` and `metadata.npy` of the same authors.

The file follows Fuel's layout: datasets `images` (n x 3 x height x width), `genres` (n x 23, attribute
`target_names`), `sequences` (word numbers) and `imdb_ids`, and a `split` attribute with ranges of rows.
Plots are there as the authors normalised them: lower case, numbers as N, marks apart from words.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from actors.base import EMPTY_TEXT, BadRow, Columns
from actors.did_you_mean import did_you_mean
from actors.models.weights.open_picture import UNREADABLE_IMAGE
from actors.models.weights.packages import CACHE_ROOT
from actors.prompts.task import Task
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.papers.genres import SPLITS, check_genre_labels, human_columns
from pipelines.sources.source import Source
from pipelines.sources.tables.label_cells import label_columns
from pipelines.sources.tables.records import BAD_ID, MALFORMED_RECORD

DATASETS = ("images", "genres", "sequences", "imdb_ids")
VGG_MEANS = (103.939, 116.779, 123.68)  # blue, green, red: what the authors subtracted
# What NumPy itself writes for arrays and numbers; nothing here calls anything.
PLAIN = {
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),
}


@dataclass
class MmImdbHdf5(Source):
    """One row per film of a split, as in `MmImdb`; the file has the 23 genres and no News.

    Posters become PNG files under `cache` (default `~/.cache/etiquette`) while rows are read.
    """

    splits = SPLITS
    labelled = several_labels = True

    task: Task
    file: Path
    split: str = "dev"
    cache: Path | None = None

    @property
    def columns(self) -> Columns:
        return label_columns(self.task)

    def files(self) -> list[Path]:
        return [self.file, self._metadata]

    def image_root(self) -> Path:
        stat = self.file.stat()
        content = hashlib.blake2b(f"{stat.st_size} {stat.st_mtime_ns}".encode(), digest_size=8).hexdigest()
        folder = (self.cache or CACHE_ROOT) / f"mm-imdb-{content}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def check(self) -> None:
        check_genre_labels(self.task)
        with self._open() as films:
            missing = [name for name in DATASETS if name not in films]
            if missing:
                raise ValueError(f"{self.file} has no {missing}; expected the multimodal_imdb.hdf5 release")
            _genre_names(films)
            self._indices(films)
        _ = self._words

    def rows(self) -> Iterator[Row]:
        root = self.image_root()
        with self._open() as films:
            names, indices = _genre_names(films), self._indices(films)
            is_vgg = any(bool((films["images"][index] < 0).any()) for index in indices[:8])
            for index in indices:
                genres = [name for name, has in zip(names, films["genres"][index], strict=False) if has]
                row = self._row(films, int(index), genres, (root, is_vgg))
                if row is not None:
                    yield row

    @property
    def _metadata(self) -> Path:
        return self.file.parent / "metadata.npy"

    @cached_property
    def _words(self) -> Mapping[int, str]:
        """The word behind each number of `sequences`."""
        if not self._metadata.is_file():
            raise ValueError(
                f"{self.file.name} keeps plots as word numbers; put metadata.npy, which names the words, "
                f"beside it in {self.file.parent}"
            )
        content = load_plain_npy(self._metadata)
        words = content.get("ix_to_word") if isinstance(content, dict) else None
        if not isinstance(words, dict) or not words:
            raise ValueError(f"{self._metadata} has no 'ix_to_word'; expected the file of the release")
        return {int(number): str(word) for number, word in words.items()}

    def _open(self) -> Any:
        import h5py

        try:
            return h5py.File(self.file, "r")
        except OSError as error:
            raise ValueError(f"{self.file} cannot be read as HDF5: {error}") from error

    def _indices(self, films: Any) -> list[int]:
        """Row numbers of the split, from Fuel's `split` attribute."""
        ranges = {_text(entry["split"]): entry for entry in films.attrs.get("split", [])}
        if self.split not in ranges:
            raise ValueError(
                f"{self.file} has no split {self.split!r}; it has {sorted(ranges)}"
                f"{did_you_mean(self.split, ranges)}"
            )
        entry = ranges[self.split]
        return list(range(int(entry["start"]), int(entry["stop"])))

    def _row(self, films: Any, index: int, genres: Sequence[str], posters: tuple[Path, bool]) -> Row | None:
        """The film's row; None when it is none of the task's. `posters`: their folder, whether VGG's."""
        name = f"mm_imdb/{self.split}"
        fixed = {"id": f"{name}/entry-{index}", "dataset": "mm_imdb", "task": "label", "language": "en"}
        root, is_vgg = posters
        try:
            human = human_columns(self.task, genres)
            if human is None:
                return None
            key = _text(films["imdb_ids"][index]).strip("\0 ")
            if not key.isalnum():
                raise BadRow(BAD_ID, f"imdb_ids[{index}] is {key!r:.100}")
            fixed["id"] = f"{name}/{key}"
            text = self._plot(films["sequences"][index])
            picture = write_poster(films["images"][index], root / f"{key}.png", is_vgg=is_vgg)
        except BadRow as bad:
            return failed_row(bad, **fixed)
        return live_row(**fixed, text=text, images=[picture], **human)

    def _plot(self, numbers: Any) -> str:
        try:
            text = " ".join(self._words[int(number)] for number in numbers)
        except KeyError as error:
            raise BadRow(MALFORMED_RECORD, f"word number {error} is not in metadata.npy") from None
        if not text.strip():
            raise BadRow(EMPTY_TEXT, "the plot has no words")
        return text


def write_poster(pixels: Any, path: Path, *, is_vgg: bool) -> str:
    """Name of the PNG at `path`, written from 3 x height x width pixels unless it is there.

    With `is_vgg` they are blue-green-red with VGG's means subtracted, as the authors stored them.

    Raises:
        BadRow(unreadable_image): another shape.
    """
    from PIL import Image

    if path.is_file():
        return path.name
    if pixels.ndim != 3 or pixels.shape[0] != 3 or 0 in pixels.shape:
        raise BadRow(UNREADABLE_IMAGE, f"the picture has the shape {pixels.shape}, expected (3, h, w)")
    picture = np.moveaxis(np.asarray(pixels, dtype=np.float64), 0, -1)
    if is_vgg:
        picture = (picture + VGG_MEANS)[..., ::-1]
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    Image.fromarray(picture.round().clip(0, 255).astype(np.uint8)).save(unfinished, "PNG", compress_level=1)
    unfinished.replace(path)
    return path.name


def _genre_names(films: Any) -> list[str]:
    """The 23 names, in the order of the columns of `genres`."""
    names = films["genres"].attrs.get("target_names")
    names = json.loads(_text(names)) if isinstance(names, str | bytes) else names
    names = [_text(name) for name in ([] if names is None else names)]
    if not {"Drama", "Comedy"} <= set(names):
        raise ValueError(f"the attribute target_names of genres is {names}; expected Drama and Comedy in it")
    return names


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class PlainUnpickler(pickle.Unpickler):
    """Knows arrays, numbers, texts, lists and dictionaries."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core.", "numpy._core.")
        if (module, name) not in PLAIN:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which could run code")
        return super().find_class(module, name)


def load_plain_npy(path: Path) -> Any:
    """The array in `path`, or the Python value of a single-element object array.

    Raises:
        ValueError: not a .npy file, damaged, or holding anything but plain values.
    """
    with path.open("rb") as file:
        try:
            if np.lib.format.read_magic(file) == (1, 0):
                _, _, dtype = np.lib.format.read_array_header_1_0(file)
            else:
                _, _, dtype = np.lib.format.read_array_header_2_0(file)
            if not dtype.hasobject:
                file.seek(0)
                return np.lib.format.read_array(file, allow_pickle=False)
            content = PlainUnpickler(file, encoding="latin1").load()
        except (ValueError, EOFError, pickle.UnpicklingError, AttributeError, IndexError, TypeError) as error:
            raise ValueError(f"{path} is not loaded: {error}") from error
    return content.item() if isinstance(content, np.ndarray) and content.size == 1 else content
