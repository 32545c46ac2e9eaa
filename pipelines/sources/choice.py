"""Which source is meant: a name with flags, a finished run, a file, or a task's own set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors.prompts.task import Task, load_task
from pipelines.command_line.paths import absolute
from pipelines.manifest import MANIFEST
from pipelines.sources.catalog import SOURCES, source_class, source_classes
from pipelines.sources.derived import InstructionRows
from pipelines.sources.flags import configured, refuse_others
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.source import Source
from pipelines.sources.tables.table_files import ARRAY, SUFFIXES


@dataclass(frozen=True)
class SourceChoice:
    """A source by its name, a run's folder or a file, and the values of its flags; nothing is read yet.

    Without a name it is the task's own set, or what the flag `data` looks like.
    """

    name: str | None = None
    flags: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str | None = None, /, **flags: Any) -> SourceChoice:
        """The source of that name with these flags."""
        return cls(name, flags)

    def changed(self, **flags: Any) -> SourceChoice:
        """The same source with other values of these flags."""
        return SourceChoice(self.name, {**self.flags, **flags})

    @property
    def is_run(self) -> bool:
        """Whether a finished run's folder is meant, which takes no flags."""
        return self.name is not None and (Path(self.name) / MANIFEST).is_file()

    def documents(self, task: Task) -> Source:
        """The rows to label for `task`.

        Raises:
            ValueError: an unknown name, no way to tell which source is meant, or flags that do not fit it.
        """
        return _open(self.name or own_source(task, self.flags.get("data")), self.flags, task)

    def rows(self, task: str | None = None) -> Source:
        """The rows as instructions with responses; those of a labelled set are its terse answers.

        Raises:
            ValueError: as `documents`, or the labels need a `task` that was not named.
        """
        if self.is_run:
            if self.flags:
                raise ValueError(f"{self.name} {RUNS_TAKE_NO_FLAGS}")
            return ManifestRows(absolute(Path(str(self.name))))
        name, flags = self.in_catalog()
        chosen = task or next(iter(source_class(name).tasks), None)
        source = _open(name, flags, load_task(chosen) if chosen else None)
        return InstructionRows(source) if source.labelled else source

    def in_catalog(self) -> tuple[str, Mapping[str, Any]]:
        """Name and flags as the catalog has them: a file of one's own holds `pairs`."""
        path = absolute(Path(self.name or ""))
        if self.name not in SOURCES and path.suffix.lower() in (*SUFFIXES, ARRAY):
            return "pairs", {**self.flags, "data": path}
        return self.name or "", self.flags


RUNS_TAKE_NO_FLAGS = "is a finished run; source flags mean nothing to it, leave them out"


def open_source(name: str, *, task: str | None = None, **flags: Any) -> Source:
    """The rows of a source by name, of a run by its folder, or of a file, as the verbs read them:
    `open_source("emoji", split="train", sample=150)`.

    Raises:
        ValueError: there is no such source, or a flag means nothing to it.
    """
    return SourceChoice(name, flags).rows(task)


def is_table(data: Path | None) -> bool:
    """Whether `data` is a table by its name, whatever the task."""
    return data is not None and data.suffix.lower() in (*SUFFIXES, ARRAY)


def own_source(task: Task, data: Path | None) -> str:
    """Name of the source for a task when none is named: a table, the task's own set, or what `data` is.

    Raises:
        ValueError: nothing tells.
    """
    if is_table(data):
        return "table"
    for name, kind in source_classes().items():
        if task.name in kind.tasks:
            return name
    if data is None:
        raise ValueError(f"task {task.name!r} has no set of its own; give your file or folder with --data")
    if not data.is_dir():
        raise ValueError(f"--data {data} is no folder and no {', '.join((*SUFFIXES, ARRAY))} file")
    tables = (file for file in data.iterdir() if file.suffix.lower() in SUFFIXES)
    return "table" if any(tables) else "image_folder"


def _open(name: str, flags: Mapping[str, Any], task: Task | None) -> Source:
    kind = source_class(name)
    refuse_others(name, kind, list(flags))
    if task is not None and task.multi_label and not kind.several_labels:
        several = [other for other, kind in source_classes().items() if kind.several_labels]
        raise ValueError(
            f"task {task.name!r} has several labels per row, and source {name} one; sources that can have "
            f"several: {', '.join(several)} (--data FILE is your own table)"
        )
    if task is None and kind.labelled:
        raise ValueError(f"source {name} holds labels of a task; say which with --task (`list` shows them)")
    return configured(name, kind, flags, task)
