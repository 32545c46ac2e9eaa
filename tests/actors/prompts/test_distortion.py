"""Table 5 of paper B, in the spacing of the authors' code."""

from __future__ import annotations

from collections import Counter

import pytest

from actors.prompts.conversation import RAW, VICUNA_V1_1
from actors.prompts.distortion import (
    distortion_prompt,
    draw_command,
    render_distortion,
    render_few_shot,
)

SYSTEM = (
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, "
    "detailed, and polite answers to the user's questions."
)


def test_a_model_without_template_gets_the_authors_text() -> None:
    prompt = render_distortion("a", "What is it?<image>", "It is a dog.", command=5, conversation=RAW)
    start = (
        f"{SYSTEM}\n### Human: What is it?\n### Assistant: It is a dog.\n### Human: Your reply's style, tone"
    )
    assert prompt.text.startswith(start)
    assert "after giving me your rewritten response.\n### Assistant: Sure. I have rewritten" in prompt.text
    command = "In addition, all letters in my response have been converted to uppercase."
    assert f"to respond to your request. {command} The following is the as-short-as-possible" in prompt.text
    assert prompt.text.endswith('I will not add more content after finishing this response:\n\n"')


def test_without_a_command_nothing_stands_in_its_place() -> None:
    prompt = render_distortion("a", "q", "r", command=None, conversation=RAW)
    assert "to respond to your request. The following is the as-short-as-possible" in prompt.text
    assert "  " not in prompt.text


def test_a_model_with_a_template_gets_the_same_turns_in_it() -> None:
    prompt = render_distortion("a", "q", "r", command=None, conversation=VICUNA_V1_1)
    assert " USER: q ASSISTANT: r</s>USER: Your reply's style" in prompt.text
    assert " ASSISTANT: Sure. I have rewritten my last response" in prompt.text
    assert prompt.text.endswith('this response:\n\n"')


def test_a_chat_endpoint_is_asked_to_begin_its_answer_so() -> None:
    prompt = render_distortion("a", "q", "r", command=23, conversation=None)
    assert prompt.system == SYSTEM
    assert prompt.turns == (("q", "r"),)
    assert prompt.message.startswith("Your reply's style")
    assert "Now I use only five words to summarize my response." in prompt.message


def test_the_pattern_for_small_models_ends_where_the_terse_answer_begins() -> None:
    prompt = render_few_shot("a", "What is it?<image>", "It is a dog.", conversation=RAW)
    assert prompt.text.endswith('\n### Human: What is it?\n### Assistant: It is a dog.\n### In short: "')
    assert prompt.text.count("### In short: ") == len(distortion_prompt().examples) + 1


def test_half_of_the_rows_draw_one_of_24_commands_uniformly_and_by_their_id() -> None:
    drawn = [draw_command(f"row/{number}", seed=0) for number in range(12_000)]
    commands = Counter(drawn)
    assert commands.pop(None) / len(drawn) == pytest.approx(0.5, abs=0.02)
    assert sorted(commands) == list(range(1, 25)) and len(set(distortion_prompt().commands)) == 24
    assert all(count == pytest.approx(250, abs=80) for count in commands.values())
    assert drawn[7] == draw_command("row/7", seed=0)
    assert drawn != [draw_command(f"row/{number}", seed=1) for number in range(12_000)]
