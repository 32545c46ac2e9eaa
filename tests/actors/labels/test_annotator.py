"""What an annotator reads, refuses, and is told apart by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from actors.base import BadRow
from actors.labels.annotator import LabelAnnotator
from actors.labels.asking import label_fields
from actors.models.catalog.annotators import find_annotator
from actors.models.text_generator import GenerationParams
from actors.prompts.task import Task

TASK = Task("films", "s", ("Drama", "Comedy", "War"), "{document} Which of {labels}?", multi_label=True)
SINGLE = replace(TASK, multi_label=False, examples=(("two clowns", "Comedy"),))
ROWS = pa.table({"id": ["a", "b", "c"], "text": ["the quick brown fox", "jumps over the lazy dog", None]})


def annotator(model: Path, mode: str = "rank", **settings: object) -> LabelAnnotator:
    params = GenerationParams(max_new_tokens=8, temperature=0)
    found = replace(find_annotator(str(model)), conversation="raw")
    return LabelAnnotator(TASK, found, mode, params=params, **settings)  # type: ignore[arg-type]


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


def test_settings_that_give_one_label_are_refused(tiny_llama: Path) -> None:
    with pytest.raises(ValueError, match="give --mode regex or rank"):
        annotator(tiny_llama, "constrain").check()
    one = replace(TASK, examples=(("a war", "War"),))
    with pytest.raises(ValueError, match="leave --examples out"):
        replace(annotator(tiny_llama, "regex", examples=1), task=one).check()


def test_a_row_without_text_fails_where_no_picture_is_shown(tiny_llama: Path) -> None:
    actor = replace(annotator(tiny_llama, "rank"), task=SINGLE)
    actor.load()
    columns = actor.annotate(ROWS)
    assert [isinstance(label, BadRow) for label in columns["label"]] == [False, False, True]
    assert columns["label"][2].reason == "empty_text"
    assert set(columns["label"][:2]) <= set(TASK.labels)
    assert actor.reads == ("id", "text")
    assert replace(actor, use_images=True).reads == ("id", "text", "image_bytes")


def test_the_tasks_examples_become_earlier_turns(tiny_llama: Path) -> None:
    actor = replace(annotator(tiny_llama, "regex", examples=1), task=SINGLE)
    actor.check()
    actor.load()
    question = " Which of Drama, Comedy or War?"
    assert actor._prompt("a", "x").turns == ((f"two clowns{question}", "Comedy"),)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mode": "guess"}, "'guess', expected one of regex, rank, constrain"),
        ({"examples": 2}, "2 examples were asked for and task 'films' has 1"),
        ({"engine": "openai", "mode": "rank", "use_images": True}, "shows an endpoint no pictures"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    tiny_llama: Path, settings: dict[str, object], words: str
) -> None:
    actor = replace(annotator(tiny_llama, "regex"), task=SINGLE)
    with pytest.raises(ValueError, match=words):
        replace(actor, **settings).check()  # type: ignore[arg-type]


def test_speed_alone_is_no_part_of_the_identity(tiny_llama: Path) -> None:
    actor = annotator(tiny_llama, "regex")
    faster = replace(actor, options=replace(actor.options, max_in_flight=99))
    assert faster.identity() == actor.identity()
    assert replace(actor, mode="rank").identity() != actor.identity()
