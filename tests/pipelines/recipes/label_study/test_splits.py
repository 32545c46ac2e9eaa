from __future__ import annotations

import json
from pathlib import Path

import pytest
from study_parts import TASK, write_pets

from actors.prompts.task import load_task
from pipelines.metrics.label_space import LabelSpace
from pipelines.recipes.label_study.rows import StudySplit
from pipelines.recipes.label_study.splits import SplitFlags, StudyRows
from pipelines.sources.choice import SourceChoice


def memes(folder: Path) -> SourceChoice:
    for split, first in (("train", 0), ("dev_unseen", 20), ("test_unseen", 30)):
        lines = [
            {"id": n, "img": f"img/{n}.png", "label": n % 2, "text": f"meme {n}"}
            for n in range(first, first + 6)
        ]
        folder.joinpath(f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return SourceChoice.of(data=folder)


def test_hateful_memes_stop_by_dev_unseen_and_are_judged_by_test_unseen(tmp_path):
    sources = StudyRows(load_task("hateful_memes"), memes(tmp_path), SplitFlags()).sources()
    assert {name: source.of.split for name, (source, _) in sources.items()} == {
        "train": "train", "dev": "dev_unseen", "test": "test_unseen",
    }  # fmt: skip


def test_splits_are_written_and_read_again(tmp_path):
    rows = StudyRows(load_task("hateful_memes"), memes(tmp_path), SplitFlags(train_rows=4))
    splits = rows.write(tmp_path / "out")
    assert {name: part.rows["kept"] for name, part in splits.named().items()} == {
        "train": 4,
        "test": 6,
        "dev": 6,
    }
    assert rows.write(tmp_path / "out").train.created == splits.train.created
    read = StudySplit.read(splits.train, LabelSpace.of(load_task("hateful_memes")))
    assert read.ids == sorted(read.ids) and len(read) == 4
    assert read.pictures[0].startswith("img/")


def test_ones_own_file_is_split_by_a_hash_of_its_words(tmp_path):
    source = SourceChoice.of(data=write_pets(tmp_path / "pets.jsonl", range(100)))
    splits = StudyRows(TASK, source, SplitFlags()).write(tmp_path / "out")
    kept = {name: part.rows["kept"] for name, part in splits.named().items()}
    assert sum(kept.values()) == 100 and 10 <= kept["test"] <= 30 and 4 <= kept["dev"] <= 16


def test_a_limit_of_training_rows_takes_a_ninth_as_many_to_stop_by(tmp_path):
    source = SourceChoice.of(data=write_pets(tmp_path / "pets.jsonl", range(200)))
    splits = StudyRows(TASK, source, SplitFlags(train_rows=90, test_rows=20)).write(tmp_path / "out")
    assert {name: part.rows["in"] for name, part in splits.named().items()} == {
        "train": 90, "dev": 10, "test": 20,
    }  # fmt: skip


def test_rows_without_a_human_label_are_dropped_and_counted(tmp_path):
    file = write_pets(tmp_path / "pets.jsonl", range(40))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines[:7]:
        line["label"] = None
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    test = SplitFlags(test_data=write_pets(tmp_path / "test.jsonl", range(100, 120)))
    splits = StudyRows(TASK, SourceChoice.of(data=file), test).write(tmp_path / "out")
    dropped = [part.reasons["dropped"]["no_human_label"] for part in (splits.train, splits.dev)]
    assert sum(dropped) == 7 and splits.train.rows["kept"] + splits.dev.rows["kept"] == 33


def test_a_row_that_is_learnt_from_and_judged_by_is_refused(tmp_path):
    file = write_pets(tmp_path / "pets.jsonl", range(20))
    rows = StudyRows(TASK, SourceChoice.of(data=file), SplitFlags(test_data=file))
    with pytest.raises(ValueError, match="is in both train and test"):
        rows.write(tmp_path / "out")


@pytest.mark.parametrize(
    ("flags", "splits", "words"),
    [
        ({"split": "train"}, {}, "--train-split, --dev-split and --test-split"),
        ({}, {"dev_split": "dev"}, "has no splits"),
    ],
)
def test_flags_that_mean_nothing_are_refused(tmp_path, flags, splits, words):
    source = SourceChoice.of(data=write_pets(tmp_path / "pets.jsonl", range(20)), **flags)
    with pytest.raises(ValueError, match=words):
        StudyRows(TASK, source, SplitFlags(**splits)).sources()


def test_a_test_file_means_nothing_to_a_set_with_splits(tmp_path):
    rows = StudyRows(load_task("hateful_memes"), memes(tmp_path), SplitFlags(test_data=tmp_path))
    with pytest.raises(ValueError, match="--test-data means nothing to HatefulMemes.*--test-split"):
        rows.sources()


def test_human_labels_outside_the_task_are_counted(tmp_path):
    source = SourceChoice.of(data=write_pets(tmp_path / "pets.jsonl", range(20)))
    splits = StudyRows(TASK, source, SplitFlags()).write(tmp_path / "out")
    with pytest.raises(ValueError, match="has one of the human labels"):
        StudySplit.read(splits.train, LabelSpace(("bird", "fish")))
    assert StudySplit.read(splits.train, LabelSpace(("cat", "bird"))).foreign > 0


@pytest.mark.parametrize(
    ("task", "splits"), [("mm_imdb", ("train", "train", "dev")), ("mm_imdb_genres", ("train", "dev", "test"))]
)
def test_films_are_judged_on_what_each_paper_took(tmp_path, task, splits):
    sources = StudyRows(load_task(task), SourceChoice.of(data=tmp_path), SplitFlags()).sources()
    assert tuple(source.of.split for source, _ in sources.values()) == splits
