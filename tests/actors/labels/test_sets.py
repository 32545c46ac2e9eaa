"""Annotators that give several labels per row: each decided by itself in two ways, or every label named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from actors.base import BadRow
from actors.labels.annotator import AnsweredFilter, LabelAnnotator
from actors.labels.modes import CONTENT_FREE, LABEL_FIELDS
from actors.labels.sets import CHECKLIST, ask_sets, asked, label_fields, log_odds, set_choices, set_scores
from actors.models.catalog.annotators import find_annotator
from actors.models.text_generator import GenerationParams
from actors.prompts.task import Task

TASK = Task("films", "s", ("Drama", "Comedy", "War"), "{document} Which of {labels}?", multi_label=True)
ROWS = pa.table({"id": ["a", "b", "c"], "text": ["the quick brown fox", "jumps over the lazy dog", None]})


def annotator(model: Path, mode: str = "rank", **settings: object) -> LabelAnnotator:
    params = GenerationParams(max_new_tokens=8, temperature=0)
    found = replace(find_annotator(str(model)), conversation="raw")
    return LabelAnnotator(TASK, found, mode, params=params, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ranking(tiny_llama: Path) -> Iterator[LabelAnnotator]:
    actor = annotator(tiny_llama)
    actor.check()
    actor.load()
    yield actor


def test_labels_stand_in_the_place_of_the_label() -> None:
    single = replace(TASK, multi_label=False)
    assert label_fields(single) == LABEL_FIELDS
    names = list(LABEL_FIELDS)
    names[names.index("label")] = "labels"
    assert list(label_fields(TASK)) == names
    assert label_fields(TASK)["labels"] == pa.list_(pa.string())


def test_the_checklist_asks_for_a_yes_or_no_per_label() -> None:
    assert set_choices(TASK, " ", "yes_no")[:3] == [" Drama: yes", " Drama: no", " Comedy: yes"]
    sent = asked(TASK, "rank", "yes_no").split_prompt()
    assert sent == ("", f" Which of Drama, Comedy or War?\n{CHECKLIST}")
    assert log_odds([-1.0, -3.0, -2.0, -1.5]) == [2.0, -0.5]


def test_log_odds_are_those_of_the_models_next_token(ranking: LabelAnnotator) -> None:
    import torch

    row = ranking.annotate(ROWS)
    tokens = ranking.generator.tokens  # type: ignore[attr-defined]
    prompt = f"{ROWS['text'][0]} Which of Drama, Comedy or War?\n{CHECKLIST}"
    for place, label in enumerate(TASK.labels):
        beginning = tokens.encode([prompt])[0]
        yes, no = tokens.candidates(prompt, [f" {label}: yes", f" {label}: no"])
        shared = next(i for i in range(len(yes)) if yes[i] != no[i])
        scores = []
        for answer in (yes, no):
            ids = torch.tensor([beginning + answer])
            with torch.inference_mode():
                chances = ranking.generator.model(ids).logits[0].log_softmax(-1)  # type: ignore[attr-defined]
            at = len(beginning) - 1
            scores.append(sum(float(chances[at + i, answer[i]]) for i in range(shared, len(answer))))
        assert row["label_scores"][0][place] == pytest.approx(scores[0] - scores[1], abs=1e-4)


def test_a_label_is_given_when_its_log_odds_are_above_0(ranking: LabelAnnotator) -> None:
    columns = ranking.annotate(ROWS)
    for at in (0, 1):
        odds = columns["label_scores"][at]
        given = [label for label, value in zip(TASK.labels, odds, strict=True) if value > 0]
        least = min(map(abs, odds))
        assert columns["labels"][at] == given
        assert columns["raw_output"][at] == ", ".join(given)
        assert columns["confidence"][at] == pytest.approx(math.exp(least) / (1 + math.exp(least)))
        assert columns["answer_kind"][at] == "answered"
    assert isinstance(columns["labels"][2], BadRow) and columns["labels"][2].reason == "empty_text"


def test_calibration_takes_off_the_odds_after_documents_that_say_nothing(
    tiny_llama: Path, ranking: LabelAnnotator
) -> None:
    calibrated = annotator(tiny_llama, calibrate=True)
    calibrated.load()
    assert calibrated.free_scores is not None and len(calibrated.free_scores) == 6
    free = log_odds(calibrated.free_scores)
    plain = ranking.annotate(ROWS)["label_scores"]
    for own, shifted in zip(plain[:2], calibrated.annotate(ROWS)["label_scores"][:2], strict=True):
        assert shifted == pytest.approx([score - off for score, off in zip(own, free, strict=True)])


@pytest.fixture(scope="module")
def listing(tiny_llama: Path) -> Iterator[LabelAnnotator]:
    actor = annotator(tiny_llama, calibrate=True, set_ranking="likelihood")
    actor.check()
    actor.load()
    yield actor


def whole_forward(actor: LabelAnnotator, document: str, label: str) -> float:
    """Log-likelihood of the label behind a list prompt, from one forward over all of it."""
    import torch

    tokens, prompt = actor.generator.tokens, f"{document}\nLabels:"  # type: ignore[attr-defined]
    beginning, answer = tokens.encode([prompt])[0], tokens.candidates(prompt, [f" {label}"])[0]
    with torch.inference_mode():
        logits = actor.generator.model(torch.tensor([beginning + answer])).logits[0]  # type: ignore[attr-defined]
    places = logits[len(beginning) - 1 : -1].log_softmax(-1)
    return sum(float(place[token]) for place, token in zip(places, answer, strict=True))


def test_likelihood_is_what_the_document_adds_to_that_of_the_bare_label(listing: LabelAnnotator) -> None:
    assert listing.choices == [" Drama", " Comedy", " War"]
    columns = listing.annotate(ROWS)
    for at, document in enumerate(ROWS["text"].to_pylist()[:2]):
        by_hand = []
        for label in TASK.labels:
            free = sum(whole_forward(listing, text, label) for text in CONTENT_FREE) / len(CONTENT_FREE)
            by_hand.append(whole_forward(listing, document, label) - free)
        assert columns["label_scores"][at] == pytest.approx(by_hand, abs=1e-4)
        given = [label for label, score in zip(TASK.labels, by_hand, strict=True) if score > 0]
        assert columns["labels"][at] == given
        assert columns["confidence"][at] == pytest.approx(
            1 / (1 + math.exp(-min(map(abs, by_hand)))), abs=1e-4
        )


def test_documents_that_say_nothing_make_no_label_likelier(listing: LabelAnnotator) -> None:
    assert listing.free_scores is not None
    assert set_scores(listing.free_scores, listing.free_scores, "likelihood") == [0.0, 0.0, 0.0]
    rows = ask_sets(listing, [listing._prompt(text, text) for text in CONTENT_FREE])
    scores = [row["label_scores"] for row in rows if not isinstance(row, BadRow)]
    assert len(scores) == len(CONTENT_FREE)
    for column in zip(*scores, strict=True):
        assert sum(column) == pytest.approx(0, abs=1e-4)


def test_how_several_labels_are_ranked_is_part_of_the_identity_where_they_are(tiny_llama: Path) -> None:
    yes_no, listed = (
        annotator(tiny_llama, calibrate=True, set_ranking=way) for way in ("yes_no", "likelihood")
    )
    assert yes_no.identity() != listed.identity()
    assert listed.identity()["task"]["list_prompt"] == "{document}\nLabels:"
    assert "set_ranking" not in annotator(tiny_llama, "regex").identity()


def test_likelihood_without_calibration_is_refused(tiny_llama: Path) -> None:
    with pytest.raises(ValueError, match="leave --calibrate out or give --set-ranking yes_no"):
        annotator(tiny_llama, set_ranking="likelihood").check()
    with pytest.raises(ValueError, match="'pmi', expected one of yes_no, likelihood"):
        annotator(tiny_llama, set_ranking="pmi").check()


def test_a_row_of_no_labels_is_answered_and_a_row_without_an_answer_is_not() -> None:
    table = pa.table(
        {
            "labels": pa.array([["War"], [], None], pa.list_(pa.string())),
            "answer_kind": ["answered", "answered", "refused"],
            "raw_output": ["War", "", "I cannot tell."],
        }
    )
    several = AnsweredFilter(several=True)
    assert several.reads == ("labels", "answer_kind", "raw_output")
    assert several.keep(table).to_pylist() == [True, True, False]
    assert several.explain(table.slice(2))["reason"] == ["unanswered_refused"]


def test_free_text_is_asked_the_tasks_own_question(tiny_llama: Path) -> None:
    actor = annotator(tiny_llama, "regex")
    actor.load()
    assert actor._prompt("a", "x").tail == " Which of Drama, Comedy or War?"
    columns = actor.annotate(ROWS)
    assert list(columns) == list(label_fields(TASK))
    assert columns["label_scores"][:2] == [None, None] and columns["label_mode"][:2] == ["regex", "regex"]
    assert [kind == "answered" for kind in columns["answer_kind"][:2]] == [
        labels is not None for labels in columns["labels"][:2]
    ]


def test_settings_that_give_one_label_are_refused(tiny_llama: Path) -> None:
    with pytest.raises(ValueError, match="give --mode regex or rank"):
        annotator(tiny_llama, "constrain").check()
    one = replace(TASK, examples=(("a war", "War"),))
    with pytest.raises(ValueError, match="leave --examples out"):
        replace(annotator(tiny_llama, "regex", examples=1), task=one).check()


def test_both_and_several_labels_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        replace(TASK, both="War")
