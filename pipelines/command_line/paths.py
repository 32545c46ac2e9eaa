"""Paths are made absolute where a verb begins: Ray's workers run in other folders than the one who asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
CLEARLY_PATHS = ("./", "../", "~/")


def absolute_paths(verb: Callable[P, R]) -> Callable[P, R]:
    """`verb`, called with every path among its arguments absolute."""

    @wraps(verb)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        return verb(*absolute(args), **absolute(kwargs))

    return called


def absolute(value: Any) -> Any:
    """`value` with the paths in it absolute, in tuples, lists, mappings and dataclasses too. Of strings, and
    of what stands behind NAME=, those that begin like a path, or that hold a slash or end like a file and are
    there: a word alone may be a name that a folder beside it happens to have."""
    if isinstance(value, Path):
        return Path(os.path.abspath(value.expanduser()))
    if isinstance(value, str):
        return _absolute_words(value)
    if type(value) in (tuple, list):
        return type(value)(map(absolute, value))
    if type(value) is dict:
        return {key: absolute(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        old = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
        new = {name: absolute(item) for name, item in old.items()}
        changed = {name: item for name, item in new.items() if item != old[name]}
        return replace(value, **changed) if changed else value
    return value


def _absolute_words(value: str) -> str:
    name, equals, path = value.rpartition("=")
    expanded = os.path.expanduser(path)
    there = ("/" in path and os.path.exists(expanded)) or (Path(path).suffix and os.path.isfile(expanded))
    if not path.startswith(CLEARLY_PATHS) and not there:
        return value
    return f"{name}{equals}{os.path.abspath(expanded)}"


def same_places(old: Any, new: Any) -> Any:
    """`old`, of JSON, with its paths as `new` spells them where one is relative, one absolute, and both name
    the same file: verbs give absolute paths; scripts, and runs of older versions, may not."""
    if old == new:
        return old
    if isinstance(old, str) and isinstance(new, str):
        return new if "/" in (old[:1], new[:1]) and os.path.abspath(old) == os.path.abspath(new) else old
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [same_places(one, other) for one, other in zip(old, new, strict=True)]
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        spelling = {os.path.abspath(key): key for key in new}
        old_key_of = {key if key in new else spelling.get(os.path.abspath(key), key): key for key in old}
        return {name: same_places(old[key], new.get(name)) for name, key in old_key_of.items()}
    return old
