"""What the arguments say may decide which flags a verb has."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import tyro

from pipelines.command_line.flags import flags_of, read_flags
from pipelines.command_line.verb import Verb, value_of, with_flags


@dataclass(frozen=True)
class Set:
    """Any set."""

    split: str = "all"
    """Which part."""


@dataclass(frozen=True)
class Drawn(Set):
    """A drawn set."""

    side: int = 64
    """Pixels."""


def read(name: str, *, rows: Annotated[Set, tyro.conf.arg(name="")] = Set()) -> tuple[str, Set]:
    """Reads a set.

    Args:
        name: What it is called.
    """
    return name, rows


def read_for(arguments: Sequence[str]) -> Callable[..., Any]:
    return with_flags(read, rows=Drawn) if value_of("--name", arguments) == "drawn" else read


def test_a_verb_may_choose_its_flags_by_its_arguments(monkeypatch):
    monkeypatch.setitem(sys.modules, "sets", sys.modules[__name__])
    verb = Verb("read", "sets", "read", "Reads a set.", shape="read_for")
    drawn = ["--name=drawn", "--side", "32"]
    assert read_flags(verb.load_for(drawn), drawn, "")() == ("drawn", Drawn(side=32))
    assert [flag.names[0] for flag in flags_of(verb.load_for(["--name", "photos"]))] == ["--name", "--split"]
    with pytest.raises(ValueError, match="no flag --side"):
        read_flags(verb.load_for(["--name", "photos"]), ["--name", "photos", "--side", "3"], "")


def test_the_last_value_of_a_flag_counts():
    assert value_of("--name", ["--name", "a", "--name=b"]) == "b"
    assert value_of("--name", ["--name"]) is None
    assert value_of("--name", ["--names", "a"]) is None
