"""What a classifier's trainer finds in the manifests of labelled sets, broken records among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipelines.manifest import Manifest
from pipelines.recipes.ingest import ingest_rows
from pipelines.sources.choice import SourceChoice
from pipelines.sources.tables.field_map import FieldMap
from trainers.mmbt.prepared import SourceRows, Sources, read_sources, write_prepared
from trainers.mmbt.rows import LabelledRow, check_columns, read_rows


def ingested(choice: SourceChoice, out: Path, task: str | None = None) -> Manifest:
    ingest_rows(choice.rows(task), out)
    return Manifest.read(out)


def write_lines(file: Path, records: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


@pytest.fixture
def memes(tmp_path: Path) -> Manifest:
    """One good meme, one whose file is missing, one whose file is no picture, and broken records."""
    folder = tmp_path / "memes"
    (folder / "img").mkdir(parents=True)
    Image.new("RGB", (8, 6), "red").save(folder / "img" / "1.png")
    (folder / "img" / "3.png").write_bytes(b"no picture")
    records: list[dict[str, Any]] = [
        {"id": number, "img": f"img/{number}.png", "label": number % 2, "text": f"text {number}"}
        for number in range(1, 7)
    ]
    records[3]["text"] = "  "
    records[4]["label"] = 7
    del records[5]["label"]
    write_lines(folder / "train.jsonl", records)
    return ingested(SourceChoice.of("hateful_memes", data=folder, split="train"), tmp_path / "out")


def test_empty_texts_and_labels_outside_the_list_are_counted_and_taught_by_none(memes: Manifest) -> None:
    assert memes.reasons["failed"] == {"empty_text": 1, "unknown_label": 1}
    assert check_columns(memes) is False
    rows, counts = read_rows([memes], multi_label=False)
    assert [(row.id.rsplit("/", 1)[1], row.label) for row in rows] == [
        ("1", "hateful"),
        ("2", "not hateful"),
        ("3", "hateful"),
        ("6", None),
    ]
    assert counts.not_live == 2


def grey_rows(found: SourceRows, folder: Path) -> int:
    """Rows with the grey picture among those to train and to stop on."""
    prepared = write_prepared(found, None, folder, classes=(), held_out=0.5, seed=0)
    return sum(counts["grey"] for counts in prepared.counts.values())


def test_a_missing_and_an_unreadable_picture_are_grey_for_the_classifier_and_counted(
    memes: Manifest, tmp_path: Path
) -> None:
    found = read_sources(Sources([memes], None, [], multi_label=False))
    assert [row.picture is None for row in found.train] == [False, True, True, True]
    assert grey_rows(found, tmp_path / "prepared") == 2  # the third has no label


def test_a_picture_without_words_is_a_row_of_a_user_task_with_pictures(tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(
        'labels: [cat, dog]\nuses_image: true\nprompt: "{document} Cat or dog?"\n'
    )
    Image.new("RGB", (8, 6), "grey").save(tmp_path / "a.png")
    table = write_lines(
        tmp_path / "rows.jsonl",
        [{"text": "", "image": "a.png", "label": "cat"}, {"text": "bark", "image": "a.png", "label": "cow"}],
    )
    chosen = SourceChoice.of("table", data=table, fields=FieldMap(image="image"))
    manifest = ingested(chosen, tmp_path / "out", str(tmp_path / "task.yaml"))
    assert manifest.reasons["failed"] == {"unknown_label": 1}
    rows, _ = read_rows([manifest], multi_label=False)
    (row,) = rows
    assert (row.text, row.label, Path(str(row.picture)).name) == ("", "cat", "a.png")


def test_all_genres_of_a_film_reach_the_classifier(tmp_path: Path) -> None:
    folder = tmp_path / "mmimdb"
    (folder / "dataset").mkdir(parents=True)
    for key, genres in {"1": ["War", "Drama"], "2": ["News"], "3": ["Drama", "Adult"], "4": ["War"]}.items():
        film = {"genres": genres, "plot": ["a plot"]}
        (folder / "dataset" / f"{key}.json").write_text(json.dumps(film))
    (folder / "split.json").write_text(json.dumps({"train": ["1", "2", "3", "4"]}))
    chosen = SourceChoice.of("mm_imdb", data=folder, split="train")
    manifest = ingested(chosen, tmp_path / "out", "mm_imdb_genres")
    assert manifest.reasons["failed"] == {"unknown_label": 1}
    assert check_columns(manifest) is True
    rows, _ = read_rows([manifest], multi_label=True)
    assert rows[0] == LabelledRow("mm_imdb/train/1", "a plot", rows[0].picture, ("Drama", "War"))
    assert [row.label for row in rows[1:]] == [("War",)]
    found = read_sources(Sources([manifest], None, [], multi_label=True))
    assert grey_rows(found, tmp_path / "prepared") == 2
