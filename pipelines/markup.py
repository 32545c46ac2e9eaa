"""HTML that cannot be broken by data: plain strings are escaped, only `Markup` passes as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

VOID = ("img", "br", "meta", "link")  # an SVG element has to be closed, or it swallows the next one
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")  # "\x00"


class Markup(str):
    """Text that is HTML already; made by `tag`, `join` and by constants of ours, never from data."""

    __slots__ = ()


Content: TypeAlias = "str | int | Iterable[Content] | None"


def tag(name: str, /, *children: Content, **attributes: str | int | float | bool | None) -> Markup:
    """One element. An attribute's trailing `_` is dropped and its other `_` become `-`; None and False
    leave it out, True gives it no value."""
    opening = Markup(f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>")
    return opening if name in VOID else Markup(f"{opening}{join(children)}</{name}>")


def join(*children: Content) -> Markup:
    """Children one after the other, strings escaped, None left out."""
    return Markup("".join(map(_text, children)))


def readable(text: str) -> str:
    """`text` with the characters that HTML forbids (control characters, lone surrogates) shown as �."""
    return NOT_TEXT.sub("\ufffd", text)


def clip(text: str | None, length: int) -> str:
    """At most `length` characters, an ellipsis where something was left out."""
    text = (text or "").strip()
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _text(child: Content) -> str:
    if child is None or isinstance(child, Markup):
        return child or ""
    return escape(readable(str(child))) if isinstance(child, (str, int)) else join(*child)


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(readable(str(value)))}"'
