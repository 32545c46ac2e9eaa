"""What of an answer is reasoning, in the marks of many models."""

import pytest

from actors.labels.parse.reasoning import after_reasoning, is_reasoning

FINAL = "<|start|>assistant<|channel|>final<|message|>"


@pytest.mark.parametrize(
    "text",
    [
        "<think>bad</think>good",
        "bad</think>good",
        "<Thinking>bad</Thinking>good",
        "<reasoning>bad</reasoning>good",
        "<thought>bad</thought>good",
        "[THINK]bad[/THINK]good",
        "◁think▷bad◁/think▷good",
        "<|START_THINKING|>bad<|END_THINKING|>good",
        "<|begin_of_thought|>bad<|end_of_thought|>good",
        "<seed:think>bad</seed:think>good",
        f"<|channel|>analysis<|message|>bad<|end|>{FINAL}good",
        f"<|channel|>analysis<|message|>bad<|end|>{FINAL}good<|return|>",
        "analysisIt is bad.assistantfinalgood",
        "good<reasoning>bad</reasoning>",
        "good<think>bad",
        "good",
    ],
)
def test_reasoning_is_no_answer(text: str) -> None:
    assert after_reasoning(text).strip() == "good"


@pytest.mark.parametrize(
    "text", ["<think>bad", "[THINK]bad", "<reasoning>bad", "<|channel|>analysis<|message|>bad"]
)
def test_reasoning_that_never_ends_is_all_there_is(text: str) -> None:
    assert after_reasoning(text) == "" and is_reasoning(text)


def test_prose_about_reasoning_is_an_answer() -> None:
    for text in ("analysis of the text: good", "I think good", "[reason 1] good", "<answer>good</answer>"):
        assert after_reasoning(text) == text and not is_reasoning(text)
