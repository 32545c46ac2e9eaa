"""Classifying runs of a dozen rows, read once."""

from __future__ import annotations

import pytest
from classified_rows import answer, write_classified

from actors.base import BadRow
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.schema import failed_row

# What the model gave, how sure it was, and what people say; labels are animal, food, place.
ANSWERS = (
    ("animal", 0.95, "animal"), ("animal", 0.95, "animal"), ("animal", 0.85, "food"),
    ("food", 0.75, "food"), ("food", 0.65, "place"), ("place", 0.55, None),
)  # fmt: skip


@pytest.fixture(scope="session")
def one_label(tmp_path_factory: pytest.TempPathFactory) -> ClassifiedRun:
    """Six rows with one label each, five of them judged and three right; the fourth has no text."""
    rows = [
        answer(n, [(1 - sure) / 2] * 3, label=given, confidence=sure) | {"human_label": human}
        for n, (given, sure, human) in enumerate(ANSWERS)
    ]
    rows[3]["text"] = " "
    bad = failed_row(BadRow("bad_record", "torn"), id="toy/bad", dataset="toy", task="label", text=None)
    return ClassifiedRun.read(write_classified(tmp_path_factory.mktemp("one") / "run", [*rows, bad]))


@pytest.fixture(scope="session")
def several_labels(tmp_path_factory: pytest.TempPathFactory) -> ClassifiedRun:
    """Three rows that may have several labels."""
    shares = ([0.9, 0.8, 0.1], [0.7, 0.2, 0.4], [0.1, 0.3, 0.2])
    human = (["animal", "food"], ["animal", "place"], [])
    given = (["animal", "food"], ["animal"], [])
    rows = [
        answer(number, part, labels=labels, confidence=0.6) | {"human_labels": truth}
        for number, (part, labels, truth) in enumerate(zip(shares, given, human, strict=True))
    ]
    return ClassifiedRun.read(write_classified(tmp_path_factory.mktemp("some") / "run", rows, several=True))


@pytest.fixture(scope="session")
def unjudged(tmp_path_factory: pytest.TempPathFactory) -> ClassifiedRun:
    """One row that no person labelled."""
    rows = [answer(0, [0.8, 0.1, 0.1], label="animal", confidence=0.8)]
    return ClassifiedRun.read(write_classified(tmp_path_factory.mktemp("none") / "run", rows))
