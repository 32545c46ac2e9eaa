"""Roles in a conversation, under the names that data sets give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.base import BadRow, Reason
from pipelines.schema import WRONG_TYPE
from pipelines.sources.tables.records import MALFORMED_RECORD, is_unicode

BAD_TURNS = Reason("bad_turns", "the two sides of the dialogue do not take turns")

HUMAN, ASSISTANT, SYSTEM, CALL, RESULT = "human", "assistant", "system", "tool call", "tool"
ROLES = {
    "human": HUMAN, "user": HUMAN,
    "gpt": ASSISTANT, "chatgpt": ASSISTANT, "assistant": ASSISTANT, "bing": ASSISTANT, "bard": ASSISTANT,
}  # fmt: skip
# Who else speaks.
OTHER_ROLES = {
    "system": SYSTEM,
    "function_call": CALL, "tool_call": CALL, "tool_calls": CALL,
    "observation": RESULT, "tool": RESULT, "function": RESULT, "function_response": RESULT,
    "tool_response": RESULT, "ipython": RESULT,
}  # fmt: skip
SPEAKER_KEYS, TEXT_KEYS = ("from", "role"), ("value", "content")  # ShareGPT's names, and OpenAI's
CALL_KEYS = ("tool_calls", "function_call")  # where OpenAI's assistant has them in place of a text


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation; `text` is empty where the file has null or blanks."""

    role: str
    text: str


def read_text(value: Any, place: str) -> str:
    """The stripped text of one turn.

    Raises:
        BadRow: wrong_type, or malformed_record for half a character.
    """
    if not isinstance(value, str):
        raise BadRow(WRONG_TYPE, f"{place} is {value!r:.100} ({type(value).__name__}), expected text")
    if not is_unicode(value):
        raise BadRow(MALFORMED_RECORD, f"{place} holds bytes that are no characters")
    return value.strip()
