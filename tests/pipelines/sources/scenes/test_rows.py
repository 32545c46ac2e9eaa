"""Drafts of rows: the task that is set, a hurried answer and a polite one, all about the same scene."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.sources.scenes.rows import (
    BRIEF_REQUESTS,
    DEFINITIONS,
    DETAIL_REQUESTS,
    DETAILED_STYLES,
    caption_draft,
    other_draft,
    question_draft,
    rationale_draft,
)
from pipelines.sources.scenes.world import Scene, Shape

RED, CROSS = Shape("red", "circle", "large", 0), Shape("blue", "cross", "small", 8)
SCENE, ALONE = Scene((RED, CROSS), "mint"), Scene((CROSS,), "pink")


@pytest.mark.parametrize("seed", range(8))
def test_long_raw_annotations_ask_for_detail(seed: int) -> None:
    draft = caption_draft(SCENE, Random(seed), 64)
    assert draft.request in (DETAIL_REQUESTS if draft.style in DETAILED_STYLES else BRIEF_REQUESTS)
    assert draft.detailed is not None and draft.detailed.startswith(draft.polite + "\n\n")


@pytest.mark.parametrize("seed", range(8))
def test_a_raw_answer_is_bare_and_a_rationale_gives_its_reason(seed: int) -> None:
    draft = question_draft(SCENE, Random(seed))
    assert draft.question is not None and draft.request == draft.question.question
    assert draft.terse.rstrip(".").lower() == draft.question.answer
    reasoned = rationale_draft(SCENE, Random(seed))
    assert reasoned.question is not None
    assert reasoned.question.rationale.lower() in reasoned.terse.lower()
    assert reasoned.question.rationale.lower() in reasoned.polite.lower()


def test_only_a_single_shape_is_classified_and_only_a_change_has_a_second_picture() -> None:
    drafts = [other_draft(SCENE, Random(seed), 64) for seed in range(20)]
    assert {draft.task for draft in drafts} == {"region_caption", "change_caption"}
    assert all((draft.second is not None) == (draft.task == "change_caption") for draft in drafts)
    single = [other_draft(ALONE, Random(seed), 64) for seed in range(20)]
    [defined] = {draft.terse for draft in single if draft.task == "classification"}
    assert defined == f"This is a drawing of a blue cross.\n\n{DEFINITIONS['cross']}"
