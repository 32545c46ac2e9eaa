"""Films with poster, plot and genres (Arevalo et al., 2017): the raw release.

`dataset/{imdb}.json` with `plot` (a list) and `genres`, `dataset/{imdb}.jpeg`, and `split.json` with the
ids of train (15,552), dev (2,608) and test (7,799).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow, Columns, Reason
from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.schema import WRONG_TYPE, Row, failed_row, live_row
from pipelines.sources.papers.genres import SPLITS, check_genre_labels, human_columns
from pipelines.sources.papers.mm_imdb_hdf5 import MmImdbHdf5
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.label_cells import label_columns
from pipelines.sources.tables.records import BAD_ID, MALFORMED_RECORD, MISSING_FIELD, parse_object, text_field

MISSING_RECORD = Reason("missing_record", "the record's file is missing")


@dataclass
class MmImdb(Source):
    """One row per film of a split; `text` is its longest plot, the labels are those of `task`.

    With task `mm_imdb_genres` a row has all its genres in `human_labels`, and films with News are not rows,
    as in the published MMBT code. With `mm_imdb` films that are neither drama nor comedy are not rows: the
    2,608 of dev give the 1,946 pairs of paper A §4.1, 1,401 with drama and 873 with comedy, 328 of them
    both. A film whose file cannot be read might be either, so it is a failed row.
    """

    summary = "MM-IMDB: poster and plot; drama, comedy or both, or all genres (--data; paper A: dev, 1,946)"
    tasks = ("mm_imdb", "mm_imdb_genres")
    splits = SPLITS
    labelled = several_labels = True

    task: Task
    folder: Annotated[Path, Flag("the mmimdb folder, or multimodal_imdb.hdf5", name="data")]
    split: Annotated[str, Flag("Split of the set.")] = "dev"

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Source:
        """The raw release, or the HDF5 file where `folder` is that file or holds it alone."""
        path = fields["folder"]
        inside = path / "multimodal_imdb.hdf5"
        if path.is_dir() and not (inside.is_file() and not (path / "dataset").is_dir()):
            return cls(**fields)
        others = {name: value for name, value in fields.items() if name != "folder"}
        return MmImdbHdf5(file=inside if path.is_dir() else path, **others)

    @property
    def columns(self) -> Columns:
        return label_columns(self.task)

    def files(self) -> list[Path]:
        films = [self._film(key) for key in self._keys if isinstance(key, str)]
        return [self.folder / "split.json", *[film for film in films if film.is_file()]]

    def image_root(self) -> Path:
        return self.folder

    def check(self) -> None:
        if not (self.folder / "dataset").is_dir():
            raise ValueError(
                f"{self.folder} has no folder dataset/; give the unpacked mmimdb folder as --data"
            )
        check_genre_labels(self.task)
        if not self._keys:
            raise ValueError(f"{self.folder / 'split.json'} lists no films for split {self.split!r}")

    def rows(self) -> Iterator[Row]:
        rows = (self._row(number, key) for number, key in enumerate(self._keys))
        return (row for row in rows if row is not None)

    @cached_property
    def _keys(self) -> list[Any]:
        path = self.folder / "split.json"
        if not path.is_file():
            raise ValueError(f"{path} does not exist; it lists the films of train, dev and test")
        content = parse_object(path.read_bytes(), str(path))
        if isinstance(content, BadRow):
            raise ValueError(f"{path} cannot be used: {content.detail}")
        keys = content.get(self.split)
        if not isinstance(keys, list):
            raise ValueError(
                f"{path} has no split {self.split!r}; it has {list(content)}"
                f"{did_you_mean(self.split, content)}"
            )
        return keys

    def _film(self, key: str) -> Path:
        return self.folder / "dataset" / f"{key}.json"

    def _row(self, number: int, key: Any) -> Row | None:
        """The film's row; None when it is none of the task's."""
        name = f"mm_imdb/{self.split}"
        fixed = {"id": f"{name}/entry-{number}", "dataset": "mm_imdb", "task": "label", "language": "en"}
        try:
            if not isinstance(key, str) or not key.isalnum():
                raise BadRow(BAD_ID, f"split.json lists {key!r:.100}, expected an IMDb number as text")
            fixed["id"] = f"{name}/{key}"
            film = read_film(self._film(key))
            human = human_columns(self.task, film["genres"])
            if human is None:
                return None
            text = longest_plot(film)
        except BadRow as bad:
            return failed_row(bad, **fixed)
        return live_row(**fixed, text=text, images=[f"dataset/{key}.jpeg"], **human)


def read_film(path: Path) -> dict[str, Any]:
    """The film's record, its `genres` a list of texts.

    Raises:
        BadRow: missing_record, malformed_record, missing_field or wrong_type.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadRow(MISSING_RECORD, f"split.json lists it, but there is no {path.name}") from None
    except OSError as error:
        raise BadRow(MALFORMED_RECORD, f"{path.name} cannot be read: {error.strerror}") from error
    film = parse_object(content, path.name)
    if isinstance(film, BadRow):
        raise film
    genres = film.get("genres")
    if genres is None:
        raise BadRow(MISSING_FIELD, f"{path.name} has no genres")
    if not isinstance(genres, list) or not all(isinstance(genre, str) for genre in genres):
        raise BadRow(WRONG_TYPE, f"{path.name}: genres is {json.dumps(genres):.100}, expected texts")
    return film


def longest_plot(film: Mapping[str, Any]) -> str:
    """The longest of the film's plots, the first of them on a tie.

    Raises:
        BadRow: missing_field, wrong_type or empty_text.
    """
    plots = film.get("plot")
    if plots is None:
        raise BadRow(MISSING_FIELD, "the film has no plot")
    if isinstance(plots, str):
        plots = [plots]
    if not isinstance(plots, list) or not all(isinstance(plot, str) for plot in plots):
        raise BadRow(WRONG_TYPE, f"plot is {plots!r:.100}, expected a list of texts")
    return text_field({"plot": max(plots, key=len, default="")}, "plot").strip()
