from __future__ import annotations

from typing import Any

import pytest

from actors.models.text_generator import GenerationParams, Prompt, check_params, refuse_ngrams


def test_the_template_stands_around_the_message() -> None:
    prompt = Prompt("1", "a plot", head="Plot: ", tail=" Genre?", before="<s>USER ", after=" BOT:")
    assert prompt.message == "Plot: a plot Genre?"
    assert prompt.text == "<s>USER Plot: a plot Genre? BOT:"


def test_the_papers_settings_and_greedy_decoding_pass() -> None:
    check_params(GenerationParams())
    check_params(GenerationParams(temperature=0.0, top_p=1.0, top_k=5, stop=("\n",), no_repeat_ngram=3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens is 0, expected 1 or more"),
        ({"temperature": -0.1}, "temperature is -0.1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"top_p": 0.0}, "top_p is 0.0"),
        ({"top_p": 1.1}, "top_p is 1.1"),
        ({"top_k": -1}, "top_k is -1"),
        ({"no_repeat_ngram": -1}, "no_repeat_ngram is -1"),
        ({"stop": ("", "a")}, "expected no empty string"),
    ],
)
def test_settings_that_no_text_can_be_drawn_with_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_params(GenerationParams(**changes))


def test_an_engine_that_cannot_count_runs_says_so() -> None:
    refuse_ngrams(GenerationParams(), "vllm")
    with pytest.raises(
        ValueError, match=r"the vllm engine knows no no_repeat_ngram \(it is 2\); set it to 0"
    ):
        refuse_ngrams(GenerationParams(no_repeat_ngram=2), "vllm")
