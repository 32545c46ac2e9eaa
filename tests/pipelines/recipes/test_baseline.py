from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from actors.base import BadRow
from pipelines.recipes.baseline import baseline, baseline_accuracy, train_text_baseline
from pipelines.reports.annotation.baseline import read_predictions
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.source import Source


@dataclass
class Sentences(Source):
    """`sentences` are (text, label); a label of None is a row that people did not label."""

    split: str
    sentences: tuple[tuple[str, str | None], ...]

    def rows(self) -> Iterator[Row]:
        for number, (text, label) in enumerate(self.sentences):
            row = {"id": f"made/{self.split}/{number}", "dataset": "made", "task": "label"}
            yield live_row(**row, text=text, human_label=label)
        broken = {"id": f"made/{self.split}/broken", "dataset": "made", "task": "label"}
        yield failed_row(BadRow("empty_text", "no words"), **broken)


GOOD = tuple((f"a fine and lovely film {word}", "positive") for word in ("one", "two", "three"))
BAD = tuple((f"a dull and awful film {word}", "negative") for word in ("one", "two", "three"))
TRAIN = Sentences("train", GOOD + BAD + (("neither this nor that", None),))
TEST = Sentences(
    "test", (("lovely", "positive"), ("awful", "negative"), ("dull", "positive"), ("fine", None))
)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_readable_test_row_gets_a_prediction(tmp_path: Path) -> None:
    lines = lines_of(train_text_baseline(TRAIN, TEST, tmp_path / "new" / "baseline.jsonl"))
    assert [line["id"] for line in lines] == [f"made/test/{number}" for number in range(4)]
    assert [line["label"] for line in lines] == ["positive", "negative", "negative", "positive"]
    assert all(0.5 <= line["confidence"] <= 1 for line in lines)


def test_accuracy_counts_the_rows_that_people_labelled(tmp_path: Path) -> None:
    out = train_text_baseline(TRAIN, TEST, tmp_path / "baseline.jsonl")
    assert baseline_accuracy(out, TEST) == (2, 3)


def test_the_same_rows_give_the_same_file(tmp_path: Path) -> None:
    first = train_text_baseline(TRAIN, TEST, tmp_path / "a.jsonl").read_bytes()
    assert train_text_baseline(TRAIN, TEST, tmp_path / "b.jsonl").read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def test_reports_can_read_the_file(tmp_path: Path) -> None:
    table = read_predictions(train_text_baseline(TRAIN, TEST, tmp_path / "baseline.jsonl"))
    assert table.column_names == ["id", "label"] and table.num_rows == 4


def test_training_rows_among_the_test_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="6 rows, such as made/train/0, are in both sources"):
        train_text_baseline(TRAIN, TRAIN, tmp_path / "baseline.jsonl")


def test_one_label_is_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"labels \['positive'\]; expected at least two"):
        train_text_baseline(Sentences("train", GOOD), TEST, tmp_path / "baseline.jsonl")


def test_a_file_that_reports_cannot_read_is_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.jsonl"):
        train_text_baseline(TRAIN, TEST, tmp_path / "baseline.txt")


def test_a_task_with_several_labels_per_row_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="trainers mmbt"):
        baseline("mm_imdb_genres", out=tmp_path / "predictions.jsonl")
