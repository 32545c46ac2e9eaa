"""MM-IMDB as released: one json and jpeg per film, and split.json."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.pictures.image_reader import read_image
from actors.prompts.task import Task, load_task
from pipelines.manifest import Manifest
from pipelines.recipes.ingest import ingest_rows
from pipelines.sources.choice import SourceChoice, open_source
from pipelines.sources.papers.mm_imdb import MmImdb
from trainers.mmbt.prepared import SplitManifests, read_splits, write_prepared
from trainers.mmbt.rows import LabelledRow, check_columns, read_rows

TASK, ALL_GENRES = load_task("mm_imdb"), load_task("mm_imdb_genres")


def write_set(folder: Path, films: dict[str, Any], dev: list[Any] | None = None) -> Path:
    (folder / "dataset").mkdir()
    for key, film in films.items():
        text = film if isinstance(film, str) else json.dumps(film)
        (folder / "dataset" / f"{key}.json").write_text(text)
        Image.new("RGB", (8, 12), "blue").save(folder / "dataset" / f"{key}.jpeg")
    split = {"train": [], "dev": list(films) if dev is None else dev, "test": []}
    (folder / "split.json").write_text(json.dumps(split))
    return folder


def film(*genres: str, plot: Any = ("short", "the longest plot", "middling")) -> dict[str, Any]:
    return {"genres": list(genres), "plot": list(plot) if isinstance(plot, tuple) else plot, "title": "x"}


def test_films_of_drama_and_comedy_become_rows_with_their_longest_plot(tmp_path: Path) -> None:
    films = {
        "0001": film("Drama", "Crime"),
        "0002": film("Comedy", "Romance"),
        "0003": film("Comedy", "Drama"),
        "0004": film("Horror"),
        "0005": film("Horror", plot=None),
    }
    source = MmImdb(TASK, write_set(tmp_path, films))
    source.check()
    rows = list(source.rows())
    assert [row["human_label"] for row in rows] == ["drama", "comedy", "both"]
    assert [row["id"] for row in rows] == [f"mm_imdb/dev/000{number}" for number in (1, 2, 3)]
    assert {row["text"] for row in rows} == {"the longest plot"}
    assert read_image(source.image_root(), rows[0]["images"][0])
    assert all(path.is_file() for path in source.files())


def test_broken_films_are_failed_rows(tmp_path: Path) -> None:
    films = {
        "0001": '{"genres": ["Drama"], "plot"',
        "0002": {"plot": ["x"]},
        "0003": film("Drama") | {"genres": "Drama"},
        "0004": film("Drama", plot=None),
        "0005": film("Drama", plot=()),
        "0006": film("Drama", plot=["x", 3]),
        "0007": "[]",
        "0008": film("Drama", plot="one text"),
    }
    folder = write_set(tmp_path, films, dev=[*films, "0009", 10, "../x"])
    source = MmImdb(TASK, folder)
    source.check()
    rows = list(source.rows())
    assert [row["reason"] for row in rows] == [
        "malformed_record",
        "missing_field",
        "wrong_type",
        "missing_field",
        "empty_text",
        "wrong_type",
        "malformed_record",
        None,
        "missing_record",
        "bad_id",
        "bad_id",
    ]
    assert len({row["id"] for row in rows}) == len(rows)


def test_what_is_wrong_with_the_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder dataset"):
        MmImdb(TASK, tmp_path).check()
    folder = write_set(tmp_path, {"1": film("Drama")})
    with pytest.raises(ValueError, match="did you mean 'dev'"):
        MmImdb(TASK, folder, "devv").check()
    with pytest.raises(ValueError, match="lists no films"):
        MmImdb(TASK, folder, "test").check()
    with pytest.raises(ValueError, match="use task mm_imdb"):
        MmImdb(load_task("iad_2"), folder).check()
    (folder / "split.json").write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        MmImdb(TASK, folder).check()
    (folder / "split.json").unlink()
    with pytest.raises(ValueError, match="does not exist"):
        MmImdb(TASK, folder).check()


def test_the_catalog_tells_the_raw_release_by_its_folder(tmp_path: Path) -> None:
    folder = write_set(tmp_path, {"1": film("Drama")})
    assert isinstance(SourceChoice.of(data=folder).documents(TASK), MmImdb)


def test_a_film_has_all_its_genres_in_the_published_order_and_none_with_news_is_a_row(tmp_path: Path) -> None:
    films = {
        "0001": film("Film-Noir", "crime", "Drama"),
        "0002": film("News", "Drama"),
        "0003": film("Sci-Fi"),
        "0004": film(),
        "0005": film("Drama", "Talk-Show"),
    }
    source = MmImdb(ALL_GENRES, write_set(tmp_path, films))
    source.check()
    rows = {row["id"].rsplit("/", 1)[1]: row for row in source.rows()}
    assert rows["0001"]["human_labels"] == ["Crime", "Drama", "Film-Noir"]
    assert rows["0003"]["human_labels"] == ["Sci-Fi"]
    assert {key: row["reason"] for key, row in rows.items()} == {
        "0001": None,
        "0003": None,
        "0004": "missing_field",
        "0005": "unknown_label",
    }


def test_genres_are_written_as_lists_for_a_classifier_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    write_set(folder, {"0001": film("War", "Drama"), "0002": film("News")})
    source = open_source("mm_imdb", data=folder, split="dev", task="mm_imdb_genres")
    ingest_rows(source, tmp_path / "out")
    manifest = Manifest.read(tmp_path / "out")
    table = manifest.table(["text", "images", "human_labels", "response"])
    assert table["human_labels"].to_pylist() == [["Drama", "War"]]
    assert table["response"].to_pylist() == ["Drama, War"]
    assert "human_label" not in manifest.schema
    assert manifest.image_root == str(folder.resolve())


def test_a_task_of_many_labels_without_the_genres_is_refused(tmp_path: Path) -> None:
    folder = write_set(tmp_path, {"1": film("Drama")})
    mine = Task("mine", "s", ("Drama", "War"), "{document}?", multi_label=True)
    with pytest.raises(ValueError, match="use task mm_imdb_genres"):
        MmImdb(mine, folder).check()


def test_all_genres_of_a_film_reach_the_classifier(tmp_path: Path) -> None:
    folder = tmp_path / "mmimdb"
    (folder / "dataset").mkdir(parents=True)
    for key, genres in {"1": ["War", "Drama"], "2": ["News"], "3": ["Drama", "Adult"], "4": ["War"]}.items():
        film = {"genres": genres, "plot": ["a plot"]}
        (folder / "dataset" / f"{key}.json").write_text(json.dumps(film))
    (folder / "split.json").write_text(json.dumps({"train": ["1", "2", "3", "4"]}))
    source = open_source("mm_imdb", data=folder, split="train", task="mm_imdb_genres")
    manifest = ingest_rows(source, tmp_path / "out")
    assert manifest.reasons["failed"] == {"unknown_label": 1}
    assert check_columns(manifest) is True
    rows, _ = read_rows([manifest], multi_label=True)
    assert rows[0] == LabelledRow("mm_imdb/train/1", "a plot", rows[0].picture, ("Drama", "War"))
    assert [row.label for row in rows[1:]] == [("War",)]
    sources = read_splits(SplitManifests([manifest], None, [], multi_label=True))
    prepared = write_prepared(sources, None, tmp_path / "prepared", classes=(), held_out=0.5, seed=0)
    assert sum(counts["grey"] for counts in prepared.counts.values()) == 2
