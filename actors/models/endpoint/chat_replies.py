"""The reply of a chat endpoint as a Generation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.base import BadRow
from actors.models.endpoint.replies import BAD_RESPONSE
from actors.models.text_generator import Generation


def read_generation(reply: Mapping[str, Any]) -> Generation:
    """The first choice. Counts are 0 where the endpoint reports no usage.

    `finish_reason` is the endpoint's own; besides `stop` and `length` some send `content_filter`.

    Raises:
        BadRow: `bad_response`, the reply has no choice with a message, or other types than OpenAI's.
    """
    choice = first_choice(reply)
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise BadRow(BAD_RESPONSE, f"a choice without a message: {str(choice)[:120]}")
    usage = reply.get("usage") or {}
    return Generation(
        text=message_text(message),
        finish_reason=_text(choice.get("finish_reason")) or "stop",
        prompt_tokens=_count(usage.get("prompt_tokens")),
        new_tokens=_count(usage.get("completion_tokens")),
        logprob=span_logprob(choice),
    )


def first_choice(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first of the reply's `choices`.

    Raises:
        BadRow: `bad_response`, there is none.
    """
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise BadRow(BAD_RESPONSE, f"no choices in the reply: {str(dict(reply))[:120]}")
    return choices[0]


def message_text(message: Mapping[str, Any]) -> str:
    """The words of an answer: its content, whole or in parts, else its refusal.

    Raises:
        BadRow: `bad_response`, they are no strings.
    """
    content = message.get("content")
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, Mapping))
    return _text(content) or _text(message.get("refusal"))


def _text(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise BadRow(BAD_RESPONSE, f"{value!r:.120} stands where a string should")
    return value or ""


def _count(value: Any) -> int:
    """A number of tokens; 0 for none."""
    if value is None:
        return 0
    if not isinstance(value, int | float) or not 0 <= value < 2**31:
        raise BadRow(BAD_RESPONSE, f"{value!r:.120} stands where a number of tokens should")
    return int(value)


def span_logprob(choice: Mapping[str, Any], inside: str | None = None) -> float | None:
    """Sum of the answer's token log-probabilities, or of those tokens alone that spell the last
    occurrence of `inside`; None where the endpoint sent none."""
    tokens = (choice.get("logprobs") or {}).get("content")
    if not tokens:
        return None
    if inside is None:
        return sum(float(token["logprob"]) for token in tokens)
    start = "".join(token["token"] for token in tokens).rfind(inside)
    if start < 0:
        return None
    total, position = 0.0, 0
    for token in tokens:
        end = position + len(token["token"])
        if end > start and position < start + len(inside):
            total += float(token["logprob"])
        position = end
    return total
