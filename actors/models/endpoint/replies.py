"""Reads HTTP replies: whether and when to retry, the message of an error body, the Generation."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from actors.base import BadRow, Reason
from actors.models.text_generator import Generation

BAD_RESPONSE = Reason("bad_response", "the endpoint's reply could not be read")
CONNECTION = Reason("connection", "the endpoint could not be reached")
TIMEOUT = Reason("timeout", "the endpoint did not answer in time")

LONGEST_WAIT_S = 60.0  # an endpoint may ask for an hour; asking again each minute costs nothing
DETAIL_CHARS = 200
_UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)  # <style>p {}</style>
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # the first five characters of "\ud83d"
_SURROGATE = re.compile("[\ud800-\udfff]")  # "\ud83d", half of an emoji
_TAG = re.compile(r"<[^>]*>")  # <br>


def http_failure(status: int) -> Reason:
    """The failure of a row that the endpoint answered with an HTTP status that is no success."""
    return Reason(f"http_{status}", f"http {status}")


def is_transient(status: int) -> bool:
    """Whether the same request may succeed later: 408, 409, 429 and every 5xx."""
    return status in (408, 409, 429) or status >= 500


def wait_s(attempt: int, backoff_s: float, headers: Mapping[str, str]) -> float:
    """Seconds to wait before try `attempt + 1`: `Retry-After` where the reply has one, else an
    exponential back-off of which up to half is left out at random; at most LONGEST_WAIT_S."""
    delay = _retry_after_s(headers.get("Retry-After", ""))
    if delay is not None:
        return min(delay, LONGEST_WAIT_S)
    return min(backoff_s * 2 ** min(attempt, 30), LONGEST_WAIT_S) * random.uniform(0.5, 1.0)


def _retry_after_s(value: str) -> float | None:
    if re.fullmatch(r"\s*\d+(\.\d*)?\s*", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def parse_reply(text: str) -> Any:
    """The JSON value in `text`; halves of surrogate pairs in its strings, which no UTF-8 can hold, as U+FFFD.

    Endpoints that cut an answer inside an emoji send them.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    reply = json.loads(text)
    return _whole(reply) if _ESCAPED_SURROGATE.search(text) else reply


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def error_detail(body: str) -> str:
    """At most 200 characters: the message of a JSON error, else the visible text of the page."""
    try:
        message = _message(parse_reply(body))
    except (ValueError, RecursionError):
        message = unescape(_TAG.sub(" ", _UNSEEN.sub(" ", body)))
    return " ".join(message.split())[:DETAIL_CHARS]


def _message(error: Any) -> str:
    """The words of the error objects in use: OpenAI, vLLM, FastAPI, Ollama."""
    if isinstance(error, Mapping):
        for key in ("error", "message", "detail"):
            if error.get(key):
                return _message(error[key])
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False)


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
    """The first of the reply's `choices`. Raises BadRow: `bad_response`, there is none."""
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
    """A token count of a usage report; 0 where the endpoint sent none."""
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
