"""The ways in which endpoints can be told to answer with one of a list of strings."""

from __future__ import annotations

import json
import math
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
TOP_TOKENS = 5  # the likeliest tokens that are asked for; more than some endpoints take is refused
MOST_UNKNOWN = 0.01  # of a share
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
            logprob, name = answer.logprob, choice.strip()
            if way == "json_schema":
                logprob = span_logprob(first_choice(reply), inside=name)
            share = choice_share(first_choice(reply), name, [other.strip() for other in choices])
            return replace(answer, text=choice, logprob=logprob, share=share)
    raise BadRow(OFF_LIST_OUTPUT, f"answered {answer.text[:80]!r}, which is not in the list")


def choice_share(choice: Mapping[str, Any], name: str, names: Sequence[str]) -> float | None:
    """The probability, 0 to 1, that an endpoint's model spells `name` when it has to spell one of `names`.

    At each token its probability is set against that of the other tokens with which one of `names` goes on,
    out of the likeliest tokens that the endpoint tells. None where it tells none, or where those that it does
    not tell could move the share by more than MOST_UNKNOWN.
    """
    tokens = (choice.get("logprobs") or {}).get("content") or []
    start = "".join(str(token["token"]) for token in tokens).rfind(name)
    if start < 0:
        return None
    share, position, spelled = 1.0, 0, ""
    for token in tokens:
        end = position + len(token["token"])
        if end > start and len(_going_on(spelled, names)) > 1:
            factor = _token_share(token, spelled, name, names, lead=max(0, start - position))
            if factor is None:
                return None
            share *= factor
        spelled = name[: max(0, end - start)]
        position = end
    return share


def _token_share(
    token: Mapping[str, Any], spelled: str, name: str, names: Sequence[str], lead: int
) -> float | None:
    """The share of tokens that go on with `name` among those that go on with one of `names`, behind what is
    `spelled` already; the token's first `lead` characters stand before the name."""
    told = {str(one["token"]): math.exp(float(one["logprob"])) for one in token.get("top_logprobs") or ()}
    if not told:
        return None
    told[str(token["token"])] = math.exp(float(token["logprob"]))
    with_name = in_all = 0.0
    seen: set[str] = set()
    for text, chance in told.items():
        rest = text.lstrip(' "') if lead or not spelled else text
        going = _going_on(spelled + rest.rstrip('"} \n'), names) if rest else []
        in_all += chance if going else 0.0
        with_name += chance if name in going else 0.0
        seen.update(going)
    unknown = min(told.values()) * len(set(_going_on(spelled, names)) - seen)
    return with_name / in_all if unknown <= MOST_UNKNOWN * (in_all + unknown) else None


def _going_on(spelled: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith(spelled)]


def _label(text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return ""
    label = answer.get("label") if isinstance(answer, dict) else None
    return label if isinstance(label, str) else ""
