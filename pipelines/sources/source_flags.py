"""The flags that choose and configure a source, and what a named source is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from actors.prompts.task import Task
from pipelines.sources.source import Source
from pipelines.sources.tables.field_map import FieldMap


@dataclass(frozen=True)
class SourceFlags:
    """Which rows are labelled."""

    source: str | None = None
    """A name from `list`; by default the task's own set, or what --data looks like."""
    data: Path | None = None
    """Folder or file of the set; your own may be JSONL, CSV, TSV, Parquet, or a folder of pictures."""
    split: str | None = None
    """Split of the set; by default the one that paper A uses, test, or for emoji all."""
    languages: tuple[str, ...] = ()
    """Language codes, for sets that have several."""
    fields: FieldMap = field(default_factory=FieldMap)
    """Which column of your table holds what."""
    label_map: tuple[str, ...] = ()
    """What the file's labels mean: VALUE=LABEL, such as 1=spam '0=not spam'."""
    label_separator: str | None = None
    """Your table, several labels per row: what stands between those of one cell; by default |."""
    image_root: Path | None = None
    """Folder that picture paths of your table start from; by default the table's own."""
    name_as_text: bool = False
    """Folder of pictures: take each file's name as its text."""
    sample: int | None = None
    """Packaged and drawn sets: take this many (emojis, messages, rows, ...) in a fixed order."""
    balanced: bool = False
    """Packaged sets: let the labels take turns."""
    annotations: Path | None = None
    """LLaVA: COCO's annotation folder, for captions and object boxes."""
    max_chars: int | None = None
    """Dialogues: leave out answers whose instruction and answer are longer; by default the authors' limit."""
    responses: Literal["polite", "terse", "faults"] | None = None
    """Scenes: polite references, raw annotations (the default), or rewritten ones with planted faults."""
    picture_side: int | None = None
    """Scenes: pixels along each side of a picture; by default 64."""


@dataclass(frozen=True)
class StudySplits:
    """What a classifier learns from, is stopped by and is judged on, as `--split` names them.

    Without `dev` a seeded tenth of the training rows is held out. Of a set whose rows have one label in one
    task and several in another, `several` is what a task with several uses.
    """

    train: str
    dev: str | None
    test: str
    several: StudySplits | None = None


@dataclass(frozen=True)
class SourceKind:
    """How a named source is made; `takes` are the flags it heeds besides its name.

    `splits` is None for a set that has no training split of its own.
    """

    summary: str
    make: Callable[[Task, SourceFlags], Source]
    takes: tuple[str, ...]
    tasks: tuple[str, ...] = ()
    splits: StudySplits | None = None
    labelled: bool = True  # its rows are documents of a labelling task, and not instructions


def data_path(flags: SourceFlags, what: str) -> Path:
    """What --data names.

    Raises:
        ValueError: it was not given; `what` says what was expected.
    """
    if flags.data is None:
        raise ValueError(f"--data is missing; give {what}")
    return flags.data


def given(**values: Any) -> dict[str, Any]:
    """The values that were given, so that a source's own defaults stay in one place."""
    return {name: value for name, value in values.items() if value not in (None, (), {}, False)}
