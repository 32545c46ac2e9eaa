"""What one annotator made of rows with several labels."""

from __future__ import annotations

from typing import Any

import pytest
from film_rows import FILMS, ROWS

from pipelines.metrics.multi_label import micro_f1
from pipelines.reports.several_labels.run import LabelSetRun


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


def test_ids_of_rows_without_labels_are_known_by_reason_and_languages_sorted(run: LabelSetRun) -> None:
    assert run.marked == {"empty_text": ["g"], "unanswered_unparsed": ["d"]}
    assert run.languages == ["de", "en"]


def test_a_run_of_no_rows_has_no_figures(make_run: Any) -> None:
    run = LabelSetRun.read(make_run("empty", [], task=FILMS))
    assert run.scores().answer_rate.value is None and run.scores().micro_f1.value is None
    assert run.telling() == {"Most decisions wrong": [], "Every decision right": []}


@pytest.mark.parametrize(("ranking", "asks"), [("yes_no", "label by label"), ("likelihood", "for a list")])
def test_the_prompt_is_the_one_that_was_sent(make_run: Any, ranking: str, asks: str) -> None:
    run = LabelSetRun.read(make_run("run", ROWS, task=FILMS, mode="rank", set_ranking=ranking))
    assert (run.asked.prompt == FILMS.list_prompt) == (asks == "for a list")
