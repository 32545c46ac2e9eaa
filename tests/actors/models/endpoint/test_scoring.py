from __future__ import annotations

from typing import Any

import pytest

from actors.base import BadRow
from actors.models.endpoint.scoring import choice_scores, read_tokens
from actors.models.text_generator import Choice

PROMPT = [("Is", None), (" it", -1.0), (" ", -2.0)]


def test_tokens_beyond_the_prompt_are_summed() -> None:
    first = [*PROMPT, ("a", -0.5)]
    second = [*PROMPT, ("b", -0.25), ("c", -0.5)]

    assert choice_scores(PROMPT, [first, second]) == Choice((-0.5, -0.75), (1, 2), prompt_tokens=3)


def test_a_token_that_joins_prompt_and_candidate_belongs_to_the_candidate() -> None:
    joined = [("Is", None), (" it", -1.0), (" drama", -3.0)]

    assert choice_scores(PROMPT, [joined]).scores == (-3.0,)


@pytest.mark.parametrize("candidate", [PROMPT, [("Was", None)]])
def test_a_candidate_without_scored_tokens_is_a_bad_row(candidate: Any) -> None:
    with pytest.raises(BadRow, match="without scored tokens"):
        choice_scores(PROMPT, [candidate])


@pytest.mark.parametrize(
    "choice",
    [
        {"text": "x", "logprobs": None},
        {"logprobs": {"tokens": ["a", "b"], "token_logprobs": [-1.0]}},
        {"prompt_logprobs": []},
    ],
)
def test_a_reply_without_prompt_scores_is_a_bad_row(choice: dict[str, Any]) -> None:
    with pytest.raises(BadRow, match="bad_response"):
        read_tokens({"choices": [choice]})
