"""Help is in groups, each flag has its words, and what tyro writes for nothing is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from pipelines.command_line.flags import flags_of, help_text, read_flags


@dataclass(frozen=True)
class Oven:
    """How it is baked."""

    heat: float = 180.0
    """Degrees."""
    tray: str | None = None
    """Which tray; by default any."""
    fan: bool = False
    """Moving air."""


def bake(
    cake: tyro.conf.Positional[str],
    *,
    size: Literal["small", "large"] | None = None,
    oven: Annotated[Oven, tyro.conf.arg(name="")] = Oven(),
) -> tuple[str, str | None, Oven]:
    """Bakes a cake.

    It takes a while.

    Args:
        cake: What it is called.
        size: How large it is.
    """
    return cake, size, oven


HELP = """\
usage: bake CAKE [FLAGS]

Bakes a cake.

It takes a while.

  CAKE                    What it is called. (required)
  --size {small,large}    How large it is.

How it is baked:
  --heat FLOAT            Degrees. (default: 180.0)
  --tray STR              Which tray; by default any.
  --fan, --no-fan         Moving air. (default: False)

Every verb:
  --config FILE           Flags out of a YAML file; flags on the line come last and win.
  --version               Print the version and stop.
  -h, --help              Print this and stop."""


def test_help_groups_flags_by_their_class_and_writes_nothing_for_none(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert help_text(bake, "bake") == HELP


def test_the_call_waits_until_it_is_called():
    call = read_flags(bake, ["plum", "--fan", "--size", "small"], "bake")
    assert call() == ("plum", "small", Oven(fan=True))


def test_flags_know_the_parameter_that_they_fill():
    assert {flag.names[0]: flag.parameter for flag in flags_of(bake)} == {
        "CAKE": "",
        "--size": "",
        "--heat": "oven",
        "--tray": "oven",
        "--fan": "oven",
    }
