from __future__ import annotations

from dataclasses import replace

import pytest
from tiny_flamingo import tiny_flamingo

from actors.base import BadRow
from actors.prompts.rewriting import rewriting_prompt
from trainers.loop.trainee import IGNORED, Example
from trainers.rewriter.data import Encoder, HuggingFaceTokens, Limits, RewritingRow

ROW = RewritingRow("toy/1", "What is it?<image>", "red", "It is red.", ("1.png",))
HISTORY = RewritingRow(
    "toy/2",
    "First?<image>\n### Human: Second?\n### Assistant: No.\n### Human: Third?<image>",
    "ok",
    "Certainly.",
    ("a.png", "b.png"),
)


@pytest.fixture(scope="module")
def tokens() -> HuggingFaceTokens:
    flamingo = tiny_flamingo()
    return HuggingFaceTokens(flamingo.tokenizer, bos=1, eos=2, media=flamingo.media_token)


def encoder(tokens: HuggingFaceTokens, context: int = 1024, **limits: object) -> Encoder:
    return Encoder(tokens, rewriting_prompt, Limits(context, **limits))


def encoded(tokens: HuggingFaceTokens, row: RewritingRow, context: int = 1024, **limits: object) -> Example:
    result = encoder(tokens, context, **limits).encode([row])[0]
    assert not isinstance(result, BadRow), result
    return result[0]


def reason(tokens: HuggingFaceTokens, row: RewritingRow, context: int = 1024, **limits: object) -> str:
    result = encoder(tokens, context, **limits).encode([row])[0]
    assert isinstance(result, BadRow)
    return result.reason


def test_the_answer_and_its_end_are_predicted_and_nothing_else(tokens: HuggingFaceTokens) -> None:
    example = encoded(tokens, ROW)
    labels = example.labels()
    predicted = [label for label in labels if label != IGNORED]
    assert tokens.tokenizer.decode(predicted) == "It is red.</s>"
    assert labels[: len(labels) - len(predicted)] == [IGNORED] * (len(labels) - len(predicted))
    assert example.num_targets == len("It is red.") + 1


def test_the_sequence_is_prompt_and_answer_with_one_beginning(tokens: HuggingFaceTokens) -> None:
    example = encoded(tokens, ROW)
    assert example.ids.count(tokens.bos) == 1 == example.ids.count(tokens.media)
    whole = rewriting_prompt(ROW.instruction, ROW.draft) + "It is red."
    assert tokens.tokenizer.decode(example.ids) == f"<s>{whole}</s>"


def test_a_row_over_the_context_is_dropped_never_cut(tokens: HuggingFaceTokens) -> None:
    exact = len(encoded(tokens, ROW).ids)
    assert len(encoded(tokens, ROW, context=exact).ids) == exact
    assert reason(tokens, ROW, context=exact - 1) == "too_long"


def test_history_is_left_out_turn_by_turn_with_its_pictures(tokens: HuggingFaceTokens) -> None:
    whole = len(encoded(tokens, HISTORY).ids)
    shortened = encoder(tokens, whole - 1, over_long="shorten_history").encode([HISTORY])[0]
    assert not isinstance(shortened, BadRow)
    example, turns = shortened
    assert turns == 1 and example.images == ("b.png",)
    text = tokens.tokenizer.decode(example.ids)
    assert "First?" not in text and "### Human: Second?" in text and text.endswith("Certainly.</s>")


def test_a_last_turn_that_is_too_long_alone_is_dropped(tokens: HuggingFaceTokens) -> None:
    assert reason(tokens, HISTORY, context=200, over_long="shorten_history") == "too_long"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"target": " "}, "empty_target"),
        ({"images": ()}, "media_mismatch"),
        ({"images": ("1.png", "2.png")}, "media_mismatch"),
        ({"target": "It is <image> red."}, "media_mismatch"),
        ({"draft": "red</s>"}, "control_token"),
    ],
)
def test_a_row_that_would_teach_nonsense_is_refused(
    tokens: HuggingFaceTokens, changes: dict[str, object], expected: str
) -> None:
    assert reason(tokens, replace(ROW, **changes)) == expected


def test_too_many_pictures_are_refused(tokens: HuggingFaceTokens) -> None:
    assert reason(tokens, HISTORY, max_images=1) == "too_many_images"
    assert len(encoded(tokens, HISTORY, max_images=2).images) == 2
