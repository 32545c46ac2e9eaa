from __future__ import annotations

from actors.prompts.rewriting import (
    SYSTEM,
    parse_rewriting,
    rewriting_prompt,
    text_only_frame,
    with_marks,
)


def test_the_released_prompt_is_spelt_as_published():
    prompt = rewriting_prompt("What is it?<image>", "a cat", released_spelling=True)
    assert prompt == (
        f"{SYSTEM}\n### Human: What is it?<image><|endofchunk|>\n### Assistent: (Drafted Response): a cat\n"
        " (Revised Response): "
    )


def test_our_own_prompt_differs_in_the_spelling_alone():
    ours = rewriting_prompt("What is it?", "a cat")
    assert "### Assistant: (Drafted" in ours
    assert ours.replace("Assistant:", "Assistent:") == rewriting_prompt(
        "What is it?", "a cat", released_spelling=True
    )


def test_pictures_are_marked_at_the_end_once():
    assert with_marks("Compare.", 2) == "Compare.<image><image>"
    assert with_marks("<image>Look.", 1) == "<image>Look."
    marked = "Look.<image><|endofchunk|>"
    assert marked in rewriting_prompt(marked, "x", released_spelling=True)


def test_a_model_without_eyes_is_shown_no_marks():
    head, tail = text_only_frame("What is it?<image>")
    assert "Question: What is it?\n" in head
    assert not tail


def test_a_revision_is_read_with_and_without_its_prompt():
    written = " It is a cat.\n\nIt sleeps. "
    assert parse_rewriting(written) == "It is a cat.\n\nIt sleeps."
    assert parse_rewriting(rewriting_prompt("What?", "cat") + written) == "It is a cat.\n\nIt sleeps."


def test_a_turn_the_model_begins_itself_is_left_out():
    assert parse_rewriting("A cat.\n### Human: And now?") == "A cat."
