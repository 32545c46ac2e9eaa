"""The ways in which endpoints can be told to answer with one of a list of strings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from actors.base import BadRow, Reason
from actors.models.endpoint.replies import first_choice, read_generation, span_logprob
from actors.models.text_generator import Generation

OFF_LIST_OUTPUT = Reason("off_list_output", "the endpoint answered with something outside the list of labels")

WAYS = ("structured_outputs", "guided_choice", "json_schema")
PROBE_MESSAGE = "Name one fruit."
PROBE_CHOICES = ("qvx", "zjk")  # no model says these unless it has to
JSON_ROOM = 32  # tokens for the braces, the key and the end


def constraint_fields(way: str, choices: Sequence[str]) -> dict[str, Any]:
    """The part of a chat request that allows `choices` and nothing else."""
    if way == "structured_outputs":  # vLLM from 0.11 on
        return {"structured_outputs": {"choice": list(choices)}}
    if way == "guided_choice":  # vLLM before that
        return {"guided_choice": list(choices)}
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": list(choices)}},
        "required": ["label"],
        "additionalProperties": False,
    }
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "label", "strict": True, "schema": schema},
        }
    }


def answer_room(choices: Sequence[str]) -> int:
    """New tokens that every choice fits into: a token holds at least one byte."""
    return JSON_ROOM + max(len(choice.encode()) for choice in choices)


def read_choice(way: str, reply: Mapping[str, Any], choices: Sequence[str]) -> Generation:
    """The generation whose text is exactly one of `choices`; spaces around it do not count.

    Raises:
        BadRow: `off_list_output`, the endpoint answered something else.
    """
    answer = read_generation(reply)
    label = _label(answer.text) if way == "json_schema" else answer.text
    for choice in choices:
        if choice.strip() == label.strip():
            logprob = answer.logprob
            if way == "json_schema":
                logprob = span_logprob(first_choice(reply), inside=choice.strip())
            return replace(answer, text=choice, logprob=logprob)
    raise BadRow(OFF_LIST_OUTPUT, f"answered {answer.text[:80]!r}, which is not in the list")


def _label(text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return ""
    label = answer.get("label") if isinstance(answer, dict) else None
    return label if isinstance(label, str) else ""
