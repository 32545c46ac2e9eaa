"""`--config run.yaml`: flags read from a YAML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def expand_config(arguments: Sequence[str]) -> list[str]:
    """`arguments` with `--config FILE` replaced by the flags in it; flags on the line come last and win.

    Raises:
        ValueError: the file cannot be read, or --config has no file behind it.
    """
    rest: list[str] = []
    for argument in arguments:
        rest += argument.split("=", 1) if argument.startswith("--config=") else [argument]
    flags: list[str] = []
    while "--config" in rest:
        from actors.prompts.yaml_file import read_yaml_mapping

        at = rest.index("--config")
        if at + 1 >= len(rest):
            raise ValueError("--config needs a file; for example --config run.yaml")
        flags += as_flags(read_yaml_mapping(Path(rest[at + 1])))
        del rest[at : at + 2]
    return rest[:1] + flags + rest[1:]


def as_flags(settings: Mapping[str, Any], prefix: str = "") -> list[str]:
    """`{limit: 5, fields: {text: body}, plan: true}` as `--limit 5 --fields.text body --plan`."""
    flags: list[str] = []
    for key, value in settings.items():
        name = f"{prefix}{str(key).replace('_', '-')}"
        if isinstance(value, Mapping):
            flags += as_flags(value, f"{name}.")
        elif isinstance(value, bool):
            leaf = name.rpartition(".")
            flags.append(f"--{name}" if value else f"--{leaf[0]}{leaf[1]}no-{leaf[2]}")
        elif isinstance(value, list):
            flags += [f"--{name}", *map(str, value)]
        elif value is not None:
            flags += [f"--{name}", str(value)]
    return flags
