"""`baseline`: a supervised text classifier to hold annotators against, trained in seconds on a CPU."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from actors.base import LIVE
from actors.prompts.task import load_task
from pipelines.command_line.paths import absolute_paths
from pipelines.schema import Row
from pipelines.sources.choice import SourceChoice
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)

LONGEST_PHRASE, INVERSE_PENALTY = 2, 10.0


@absolute_paths
def baseline(task: str, *, out: Path, train_split: str = "train", test_split: str = "test") -> None:
    """Trains a text classifier on human labels and writes its predictions for `annotate --baseline`.

    Args:
        task: A task whose set has splits, such as iad_1 or iad_2.
        out: The predictions, a .jsonl file of id, label and confidence.
        train_split: Split to learn from.
        test_split: Split to predict.
    """
    labels = load_task(task)
    if labels.multi_label:
        raise ValueError(
            f"task {task!r} has several labels per row, and a baseline gives one; `python -m trainers mmbt` "
            "learns several"
        )
    learn, judge = (SourceChoice.of(split=split).documents(labels) for split in (train_split, test_split))
    train_text_baseline(learn, judge, out)
    right, labelled = baseline_accuracy(out, judge)
    print(f"{right} of {labelled} labelled rows right ({right / max(labelled, 1):.1%}); predictions: {out}")


def train_text_baseline(source_train: Source, source_test: Source, out: Path) -> Path:
    """`out`, with one JSON line (id, label, confidence 0 to 1) per readable row of the test source.

    The model is `text_classifier`; the same rows give the same file. The accuracy on the test rows that
    have a human label is logged; `baseline_accuracy` computes it.

    Raises:
        ValueError: a row in both sources, fewer than two labels to learn, or `out` is not a .jsonl file.
    """
    if out.suffix != ".jsonl":
        raise ValueError(f"out is {out}; expected a file name that ends in .jsonl, which reports can read")
    train = [row for row in _readable(source_train) if row["human_label"] is not None]
    test = _readable(source_test)
    _check_rows(train, test)
    classifier = text_classifier()
    classifier.fit([row["text"] for row in train], [row["human_label"] for row in train])
    chances = classifier.predict_proba([row["text"] for row in test])
    labels = [str(label) for label in classifier.classes_]
    _write(out, test, labels, chances)
    right, labelled = baseline_accuracy(out, source_test)
    logger.info("baseline: %d of %d labelled test rows right, %d learnt from", right, labelled, len(train))
    return out


def baseline_accuracy(predictions: Path, source: Source) -> tuple[int, int]:
    """How many rows of the source the predictions get right, of how many that have a human label."""
    lines = predictions.read_text(encoding="utf-8").splitlines()
    predicted = {line["id"]: line["label"] for line in map(json.loads, lines)}
    labelled = [row for row in _readable(source) if row["human_label"] is not None]
    return sum(predicted.get(row["id"]) == row["human_label"] for row in labelled), len(labelled)


def _readable(source: Source) -> list[Row]:
    source.check()
    return [row for row in source.rows() if row["status"] == LIVE]


def _check_rows(train: list[Row], test: list[Row]) -> None:
    labels = {row["human_label"] for row in train}
    if len(labels) < 2:
        raise ValueError(f"the training rows have the labels {sorted(labels)}; expected at least two")
    if not test:
        raise ValueError("the test source has no readable row; give the split that annotators label")
    shared = {row["id"] for row in train} & {row["id"] for row in test}
    if shared:
        raise ValueError(f"{len(shared)} rows, such as {min(shared)}, are in both sources; give two splits")


def text_classifier(*, several: bool = False) -> Any:
    """An untrained scikit-learn pipeline: logistic regression on the TF-IDF weights of words and phrases of
    up to two words; with `several` one regression per label.

    An inverse penalty of 10 was best or nearly so in five-fold cross-validation on the training splits of
    `iad_1` (98.4 %) and `iad_2` (79.1 %).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    weights = TfidfVectorizer(ngram_range=(1, LONGEST_PHRASE), sublinear_tf=True)
    regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000)
    return make_pipeline(weights, OneVsRestClassifier(regression) if several else regression)


def _write(out: Path, rows: Iterable[Row], labels: list[str], chances: Any) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = out.with_name(f".{out.name}.{os.getpid()}")
    with staged.open("w", encoding="utf-8") as file:
        for row, chance in zip(rows, chances, strict=True):
            best = int(chance.argmax())
            line = {"id": row["id"], "label": labels[best], "confidence": round(float(chance[best]), 6)}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    os.replace(staged, out)
