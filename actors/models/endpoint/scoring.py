"""Candidate scores from an endpoint that returns the log-probabilities of a prompt's tokens.

Two ways are in use: the legacy completions call with `echo`, and vLLM's `prompt_logprobs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actors.base import BadRow
from actors.models.endpoint.replies import BAD_RESPONSE, first_choice
from actors.models.text_generator import Choice

PROBE = "The sky is blue."
WAYS: Mapping[str, Mapping[str, Any]] = {
    "echo": {"echo": True, "logprobs": 1, "max_tokens": 0},
    "prompt_logprobs": {"prompt_logprobs": 0, "max_tokens": 1},
}
ScoredToken = tuple[str, float | None]  # an endpoint knows no probability of the very first token


def read_tokens(reply: Mapping[str, Any]) -> list[ScoredToken]:
    """Every token of the prompt with its log-probability.

    Raises:
        BadRow: `bad_response`, the reply holds none.
    """
    choice = first_choice(reply)
    entries = choice.get("prompt_logprobs")
    if entries:
        return [_only(entry) for entry in entries]
    echoed = choice.get("logprobs") or {}
    tokens, scores = echoed.get("tokens"), echoed.get("token_logprobs")
    if not tokens or not scores or len(tokens) != len(scores):
        raise BadRow(BAD_RESPONSE, "no log-probabilities of the prompt's tokens in the reply")
    return list(zip(tokens, scores, strict=True))


def _only(entry: Mapping[str, Mapping[str, Any]] | None) -> ScoredToken:
    """The prompt's own token, which vLLM lists first under its id."""
    token, score = next(iter((entry or {}).items()), ("", None))
    return token, None if score is None else float(score["logprob"])


def choice_scores(prompt: Sequence[ScoredToken], candidates: Sequence[Sequence[ScoredToken]]) -> Choice:
    """Sums over the tokens that each of `candidates` (prompt and candidate) has beyond the prompt.

    Tokens are compared, not text: single tokens do not decode to the exact text they stand for.

    Raises:
        BadRow: `bad_response`, a candidate adds no token, or one without a probability.
    """
    added = [[score for _, score in tokens[_shared(prompt, tokens) :]] for tokens in candidates]
    if any(not scores or None in scores for scores in added):
        raise BadRow(BAD_RESPONSE, "a candidate without scored tokens of its own after the prompt")
    totals = tuple(sum(score or 0.0 for score in scores) for scores in added)
    return Choice(totals, tuple(map(len, added)), prompt_tokens=len(prompt))


def _shared(first: Sequence[ScoredToken], second: Sequence[ScoredToken]) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((i for i, (one, other) in pairs if one[0] != other[0]), min(len(first), len(second)))
