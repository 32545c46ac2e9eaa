"""Rewriters by name or folder: a Flamingo that sees the pictures, or a language model that does not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.annotators import find_annotator
from actors.models.flamingo.config import DESCRIPTION, RELEASES, read_description

Mode = Literal["auto", "flamingo", "text"]


@dataclass(frozen=True)
class RewriterModel:
    """Which model rewrites. A Flamingo has `flamingo`, a folder or the name of a published one, and the
    side of the pictures it wants; a text-only rewriter has `text`."""

    name: str
    flamingo: str | None = None
    picture_size: int = 0
    text: AnnotatorModel | None = None


def find_rewriter(name_or_path: str, mode: Mode = "auto", *, endpoint: bool = False) -> RewriterModel:
    """The rewriter of that name: a folder written by `save_flamingo`, a published Flamingo, or else any
    model that annotates. With `endpoint` the name is one that an endpoint knows.

    Raises:
        ValueError: no model has that name, or it is of another mode.
    """
    if mode != "text":
        flamingo = _flamingo(name_or_path)
        if flamingo is not None:
            return flamingo
        if mode == "flamingo":
            raise ValueError(
                f"{name_or_path!r} is no Flamingo; give a folder with {DESCRIPTION} or one of "
                f"{', '.join(RELEASES)}, or use --mode text"
            )
    model = find_annotator(name_or_path, endpoint=endpoint)
    return RewriterModel(model.name, text=model)


def _flamingo(name_or_path: str) -> RewriterModel | None:
    if name_or_path in RELEASES:
        return RewriterModel(name_or_path, name_or_path, RELEASES[name_or_path].picture_size)
    folder = Path(name_or_path).expanduser()
    if not (folder / DESCRIPTION).is_file():
        return None
    size = int(read_description(folder)["transform"]["size"])
    return RewriterModel(folder.name, str(folder.absolute()), size)
