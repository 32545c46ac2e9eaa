"""The page on annotation runs that give several labels per row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.labels.asking import CHECKLIST
from actors.prompts.task import Task
from pipelines.metrics.multi_label import micro_f1
from pipelines.reports.annotation.page import write_report
from pipelines.reports.several_labels.run import LabelSetRun, gives_several

FILMS = Task("films", "Which genres?", ("Drama", "Comedy", "War"), "{document}?", multi_label=True)
ONE = Task("one", "Which?", ("Drama", "Comedy"), "{document}?")
ROWS = [
    {"id": "a", "human_labels": ["Drama", "War"], "labels": ["Drama"], "confidence": 0.6, "language": "en"},
    {"id": "b", "human_labels": ["Comedy"], "labels": ["Comedy"], "confidence": 0.9, "language": "en"},
    {"id": "c", "human_labels": ["Drama"], "labels": [], "confidence": 0.7, "language": "de"},
    {"id": "d", "human_labels": ["War"], "labels": None, "raw_output": "<b>Opera</b>", "language": "de"},
    {"id": "e", "human_labels": None, "labels": ["War"], "confidence": 0.8},
    {"id": "f", "human_labels": ["Noir"], "labels": ["War"], "confidence": 0.8},
    {"id": "g", "labels": None, "status": "failed", "reason": "empty_text", "detail": "no text"},
]


@pytest.fixture
def run(make_run: Any) -> LabelSetRun:
    return LabelSetRun.read(make_run("run", ROWS, task=FILMS, mode="rank", calibrate=True))


def test_rows_without_an_answer_are_asked_and_rows_of_unknown_labels_are_not_judged(run: LabelSetRun) -> None:
    assert run.table["id"].to_pylist() == ["a", "b", "c", "d", "e", "f"]
    assert run.answered.tolist() == [True, True, True, False, True, True]
    assert run.judged.tolist() == [True, True, True, True, False, False]
    assert run.truth[0].tolist() == [True, False, True] and run.given[0].tolist() == [True, False, False]
    assert run.title == "tiny · rank · calibrated"


def test_figures_are_over_answered_rows_and_over_all(run: LabelSetRun) -> None:
    scores = run.scores()
    assert scores.answer_rate.value == pytest.approx(5 / 6) and scores.answer_rate.rows == 6
    assert scores.exact.value == pytest.approx(1 / 3)
    assert scores.micro_f1.value == pytest.approx(2 * 2 / (4 + 2))
    assert scores.micro_f1_on_all == micro_f1(run.truth[:4], run.given[:4])
    german = run.scores(run.in_language("de"))
    assert german.answer_rate.value == 0.5 and german.exact.value == 0.0


def test_the_most_wrong_rows_and_right_ones_are_shown(run: LabelSetRun) -> None:
    assert run.telling() == {"Most decisions wrong": ["a", "c"], "Every decision right": ["b"]}


def test_the_page_says_what_was_labelled_and_how_well(run: LabelSetRun, tmp_path: Path) -> None:
    text = write_report([run.manifest.path], tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"{FILMS.prompt}\n{CHECKLIST}" in text
    for words in ("Every label", "Comedy", "German (de)", "the text is empty", "&lt;b&gt;Opera", "Micro F1"):
        assert words in text
    assert "<b>Opera" not in text


def test_the_page_says_how_labels_were_ranked_and_with_which_prompt(make_run: Any, tmp_path: Path) -> None:
    way = {"mode": "rank", "calibrate": True, "set_ranking": "likelihood"}
    folder = make_run("listed", ROWS, task=FILMS, **way)
    assert LabelSetRun.read(folder).title == "tiny · rank · likelihood"
    text = write_report([folder], tmp_path / "page.html").read_text(encoding="utf-8")
    assert "tiny · rank · likelihood" in text and FILMS.list_prompt in text and CHECKLIST not in text


def test_a_run_of_no_rows_and_one_without_human_labels_have_a_page(make_run: Any, tmp_path: Path) -> None:
    folders = [
        make_run("none", [], task=FILMS),
        make_run("unjudged", [{"id": "a", "labels": ["War"]}], task=FILMS),
    ]
    text = write_report(folders, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "nothing says how good they are" in text


def test_runs_of_one_label_and_of_several_have_a_page_each(make_run: Any, tmp_path: Path) -> None:
    several = make_run("several", ROWS, task=FILMS)
    single = make_run("single", [{"id": "a", "human_label": "Drama", "label": "Drama"}], task=ONE)
    assert gives_several(several) and not gives_several(single)
    with pytest.raises(ValueError, match="report them in two pages"):
        write_report([single, several], tmp_path / "page.html")
    with pytest.raises(ValueError, match="missing: human_labels, labels"):
        LabelSetRun.read(single)
