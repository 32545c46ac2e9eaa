"""The flags of a source: which it has, what they are on the command line, and the fields they fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, make_dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro

from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.sources.source import Flag, Source


@dataclass(frozen=True)
class SourceFlag:
    """A flag as Python spells it (`image_root`), the source's field that it fills, and that field's default
    (MISSING where there is none)."""

    name: str
    field: str
    typed: Any
    default: Any
    flag: Flag

    def __str__(self) -> str:
        return "--" + self.name.replace("_", "-") + (".*" if is_dataclass(self.typed) else "")

    @property
    def absent(self) -> Any:
        """The value on the command line that says that the flag was not given."""
        if self.typed is bool or is_dataclass(self.typed):
            return self.default
        return () if get_origin(self.typed) is tuple else None

    def member(self) -> tuple[str, Any, Any]:
        """Name, annotation and default for `make_dataclass`, as tyro shows them."""
        words = self.flag.words[:1].upper() + self.flag.words[1:]
        if is_dataclass(self.typed):
            return self.name, Annotated[self.typed, tyro.conf.arg(help=words)], self.absent
        shown = tyro.conf.arg(help=words, help_behavior_hint=self._hint)
        typed = self.typed if self.absent is not None else self.typed | None
        return self.name, Annotated[typed, shown, tyro.conf.DisallowNone], self.absent

    @property
    def _hint(self) -> str:
        if self.default is MISSING:
            return "(required)"
        if self.default in (None, (), {}, False):
            return ""
        shown = " ".join(self.default) if isinstance(self.default, tuple) else self.default
        return f"(default: {shown})"


def flags_of(kind: type[Source]) -> dict[str, SourceFlag]:
    """The flags of a source by name, in the order of its fields."""
    hints = get_type_hints(kind, include_extras=True)
    flags = {}
    for item in fields(kind):
        marks = getattr(hints[item.name], "__metadata__", ())
        for flag in (mark for mark in marks if isinstance(mark, Flag)):
            typed = flag.typed or _without_none(get_args(hints[item.name])[0])
            default = item.default if item.default_factory is MISSING else item.default_factory()
            name = flag.name or item.name
            flags[name] = SourceFlag(name, item.name, typed, default, flag)
    return flags


def configured(name: str, kind: type[Source], flags: Mapping[str, Any], task: Task | None) -> Source:
    """The source called `name` with the values of `flags`; what was not given is the source's default.

    Raises:
        ValueError: a flag that it does not take, or one that it needs and was not given.
    """
    refuse_others(name, kind, list(flags))
    values: dict[str, Any] = {}
    for flag in flags_of(kind).values():
        if flag.name in flags and flags[flag.name] != flag.absent:
            value = flags[flag.name]
            values[flag.field] = flag.flag.read(value) if flag.flag.read else value
        elif flag.default is MISSING:
            raise ValueError(f"{flag} is missing; give {flag.flag.words}")
    if any(item.name == "task" for item in fields(kind)):
        values["task"] = task
    return kind.from_fields(values)


def refuse_others(name: str, kind: type[Source], flags: Sequence[str]) -> None:
    """Raises ValueError for the first of `flags` that the source called `name` does not take."""
    own = flags_of(kind)
    for other in flags:
        if other.partition(".")[0] not in own:
            takes = ", ".join(map(str, own.values())) or "no flags"
            shown = "--" + other.replace("_", "-")
            raise ValueError(
                f"{shown} means nothing to source {name}; it takes {takes}{did_you_mean(other, own)}"
            )


def flags_type(title: str, flags: Sequence[SourceFlag]) -> type[Any]:
    """A dataclass of these flags, from which tyro makes a group with that title."""
    kind = make_dataclass("SourceFlags", [flag.member() for flag in flags], frozen=True)
    kind.__doc__ = title
    return kind


def given_flags(values: Any) -> dict[str, Any]:
    """The flags that stood on the command line, of an instance of `flags_type`."""
    stated = {item.name: getattr(values, item.name) for item in fields(values)}
    return {item.name: stated[item.name] for item in fields(values) if stated[item.name] != item.default}


def _without_none(typed: Any) -> Any:
    """`T` for `T | None`."""
    members = [member for member in get_args(typed) if member is not NoneType]
    return members[0] if NoneType in get_args(typed) and len(members) == 1 else typed
