"""Labels of rows that have several, each decided by itself in two ways, with a real model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from scripted_generator import ScriptedGenerator

from actors.base import BadRow
from actors.labels.annotator import LabelAnnotator
from actors.labels.asking import CHECKLIST, CONTENT_FREE
from actors.labels.modes import FreeText, log_odds, set_scores
from actors.models.catalog.annotators import find_annotator
from actors.models.text_generator import Generation, GenerationParams, Prompt
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


def test_log_odds_are_those_of_the_models_next_token(ranking: LabelAnnotator) -> None:
    import torch

    row = ranking.annotate(ROWS)
    tokens = ranking.asking.generator.tokens  # type: ignore[attr-defined]
    prompt = f"{ROWS['text'][0]} Which of Drama, Comedy or War?\n{CHECKLIST}"
    for place, label in enumerate(TASK.labels):
        beginning = tokens.encode([prompt])[0]
        yes, no = tokens.candidates(prompt, [f" {label}: yes", f" {label}: no"])
        shared = next(i for i in range(len(yes)) if yes[i] != no[i])
        scores = []
        for answer in (yes, no):
            ids = torch.tensor([beginning + answer])
            with torch.inference_mode():
                chances = ranking.asking.generator.model(ids).logits[0].log_softmax(-1)  # type: ignore[attr-defined]
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
    assert calibrated.asking.free_scores is not None and len(calibrated.asking.free_scores) == 6
    free = log_odds(calibrated.asking.free_scores)
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

    tokens, prompt = actor.asking.generator.tokens, f"{document}\nLabels:"  # type: ignore[attr-defined]
    beginning, answer = tokens.encode([prompt])[0], tokens.candidates(prompt, [f" {label}"])[0]
    with torch.inference_mode():
        logits = actor.asking.generator.model(torch.tensor([beginning + answer])).logits[0]  # type: ignore[attr-defined]
    places = logits[len(beginning) - 1 : -1].log_softmax(-1)
    return sum(float(place[token]) for place, token in zip(places, answer, strict=True))


def test_likelihood_is_what_the_document_adds_to_that_of_the_bare_label(listing: LabelAnnotator) -> None:
    assert listing.asking.choices == [" Drama", " Comedy", " War"]
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
    assert listing.asking.free_scores is not None
    assert set_scores(listing.asking.free_scores, listing.asking.free_scores, "likelihood") == [0.0, 0.0, 0.0]
    rows = listing.asking.rows([listing._prompt(text, text) for text in CONTENT_FREE])
    scores = [row["label_scores"] for row in rows if not isinstance(row, BadRow)]
    assert len(scores) == len(CONTENT_FREE)
    for column in zip(*scores, strict=True):
        assert sum(column) == pytest.approx(0, abs=1e-4)


def test_free_text_gives_every_label_that_is_named_but_those_of_a_retold_document() -> None:
    document = "It is a war film about two brothers."
    answers = [
        Generation("War and comedy.", "stop", 5, 4, -1.5),
        Generation(f"{document} Drama.", "stop", 5, 9, None),
        BadRow("context_full", "the prompt is too long"),
    ]
    asking = FreeText(TASK, ScriptedGenerator(answers), GenerationParams())
    first, second, third = asking.rows([Prompt(row_id, document) for row_id in "abc"])
    assert not isinstance(first, BadRow) and not isinstance(second, BadRow)
    assert first["labels"] == ["Comedy", "War"] and first["logprob"] == -1.5
    assert second["labels"] == ["Drama"] and second["label_mode"] == "regex"
    assert third is answers[2]
