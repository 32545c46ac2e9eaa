"""What the pocket language model reads: notes, answers, copies."""

from __future__ import annotations

from random import Random

from actors.prompts.rewriting import ASSISTANT, DRAFT, HUMAN, SYSTEM
from trainers.pocket.scenes import scenes
from trainers.pocket.words import (
    BRIEFLY,
    NOTE_FRAMES,
    any_draft,
    brief,
    draw_text,
    note,
    polite_text,
    to_copy,
)


def test_the_rewriting_prompt_is_no_training_text() -> None:
    rng = Random(0)
    assert not any(DRAFT in draw_text(scene, rng).prompt for scene in scenes("train", 300))


def test_every_prompt_begins_and_ends_with_turn_marks_and_has_an_answer() -> None:
    rng = Random(1)
    for scene in scenes("train", 200):
        text = draw_text(scene, rng)
        assert text.prompt.removeprefix(SYSTEM).startswith(HUMAN)
        assert text.prompt.endswith(ASSISTANT.lstrip()) and text.answer.strip()


def test_what_is_to_be_copied_stands_in_the_note() -> None:
    rng = Random(2)
    for scene in scenes("train", 100):
        text = to_copy(scene, rng)
        frames = [(before, after) for before, after in NOTE_FRAMES if before in text.prompt]
        notes = [text.prompt.split(before, 1)[1].rsplit(after, 1)[0] for before, after in frames]
        assert any(one and one.split()[0].strip(".,").lower() in text.answer.lower() for one in notes), text


def test_a_request_for_few_words_is_answered_with_few() -> None:
    rng = Random(3)
    texts = [draw_text(scene, rng) for scene in scenes("train", 300)]
    short = [text.answer for text in texts if BRIEFLY in text.prompt]
    long = [text.answer for text in texts if BRIEFLY not in text.prompt]
    assert short and sum(map(len, short)) / len(short) < sum(map(len, long)) / len(long) / 2
    assert not any("\n" in text for text in short)


def test_a_note_is_the_terse_draft_or_the_answer_damaged() -> None:
    rng = Random(4)
    drafts = [any_draft(scene, rng) for scene in scenes("train", 200)]
    notes = [note(draft, draft.polite, rng) for draft in drafts]
    assert all(text.strip() for text in notes)
    assert 0.3 < sum(text == draft.terse for text, draft in zip(notes, drafts, strict=True)) / 200 < 0.6


def test_polite_text_is_one_of_the_drafts_and_brief_has_one_line() -> None:
    rng = Random(5)
    for scene in scenes("train", 50):
        draft = any_draft(scene, rng)
        assert polite_text(draft, rng) in (draft.polite, draft.detailed)
        assert "\n" not in brief(draft, scene, rng)
