"""Turns the values of a task's YAML file into the types of `Task`, one converter per key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def read_field(path: Path, key: str, value: Any) -> Any:
    """`value` as the type that `Task` wants for `key`.

    Raises:
        ValueError: another type; names the file, the key, the value and the expected form.
    """
    try:
        return CONVERTERS[key](value)
    except TypeError as error:
        raise ValueError(f"{path}: {key}: {error}") from error


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"expected text, found {value!r} ({type(value).__name__}); put it in quotes")
    return str(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, found {value!r}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        raise TypeError(f"expected a list of texts, found {value!r}")
    return tuple(_text(item) for item in value)


def _mapping(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected `label: ...` lines, found {value!r}")
    return value


def _text_by_label(value: Any) -> Mapping[str, str]:
    return {_text(label): _text(text) for label, text in _mapping(value).items()}


def _texts_by_label(value: Any) -> Mapping[str, tuple[str, ...]]:
    return {_text(label): _texts(texts) for label, texts in _mapping(value).items()}


def _examples(value: Any) -> tuple[tuple[str, str], ...]:
    form = "expected a list of `{document: ..., label: ...}`"
    if not isinstance(value, list):
        raise TypeError(f"{form}, found {value!r}")
    for item in value:
        if not isinstance(item, dict) or set(item) != {"document", "label"}:
            raise TypeError(f"{form}, found the item {item!r}")
    return tuple((_text(item["document"]), _text(item["label"])) for item in value)


CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "name": _text,
    "summary": _text,
    "labels": _texts,
    "prompt": _text,
    "patterns": _texts_by_label,
    "both": _text,
    "negatives_first": _texts,
    "refusals": _texts,
    "choices": _text_by_label,
    "descriptions": _text_by_label,
    "examples": _examples,
    "positive": _text,
    "uses_image": _truth,
    "relative": _truth,
    "multi_label": _truth,
    "list_prompt": _text,
    "document": _text,
    "paper": _mapping,
}
