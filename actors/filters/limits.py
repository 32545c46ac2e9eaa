"""Limits of filters that a person may set: a field's default, with the name and the words of its flag."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Limit:
    """Where a filter cuts: the flag's name with underscores, the value without one, and what it means."""

    name: str
    default: float  # an int or a bool is one too, and the flag is of its type
    words: str


def limit(default: float, words: str, name: str | None = None) -> Any:
    """A dataclass field that is a limit; `name` is the flag's where it is not the field's."""
    return field(default=default, metadata={"limit": (name, words)})


def limits_of(kind: type) -> dict[str, Limit]:
    """The limits among the fields of the dataclass `kind`, by field."""
    limits: dict[str, Limit] = {}
    for item in fields(kind):
        if "limit" in item.metadata:
            default: Any = item.default
            name, words = item.metadata["limit"]
            limits[item.name] = Limit(name or item.name, default, words)
    return limits
