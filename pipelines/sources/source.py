"""What a data set has to offer to become rows, and what it says about itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from actors.base import Columns
from pipelines.schema import Row

SHOWN_FILES = 3  # in an error
COUNTED_NAMES, SHOWN_CHARS = 200, 100  # of what is present and not used


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
class Flag:
    """Makes a field of a source a flag: `limit: Annotated[int | None, Flag("Take N rows.")] = None`.

    `words` describe it; of a field without a default they say what to give. `name` is the flag's where it is
    not the field's. `typed` is what stands on the command line where that is not the field's type, and `read`
    turns it into the field's value.
    """

    words: str
    name: str | None = None
    typed: Any = None
    read: Callable[[Any], Any] | None = None


@dataclass
class Unused:
    """Counts of records that hold a thing which no row has, by the thing's name, such as `column url`.

    A file may have any number of such names: beyond a limit they are counted as `others`.
    """

    records: Counter[str] = field(default_factory=Counter)

    def add(self, names: Iterable[str], records: int = 1) -> None:
        """Counts `records` for each of the names."""
        for name in names:
            shown = name[:SHOWN_CHARS].encode("utf-8", "backslashreplace").decode()
            known = shown in self.records or len(self.records) < COUNTED_NAMES
            self.records[shown if known else "others"] += records


@dataclass
class Source:
    """Reads a data set into rows. Its fields are its whole configuration; those with a `Flag` can be given
    on the command line, and a field `task` gets the labelling task.

    `reasons` are the codes of the rows it marks dropped or failed, with their words.

    A broken record becomes a `failed_row` with its own reason; only a set that cannot be read at all
    raises. Rows come in a stable order with stable ids `<dataset>/<split>/<key>`.
    """

    reasons: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[str] = ""
    """One line for `list`."""
    tasks: ClassVar[tuple[str, ...]] = ()
    """The shipped tasks that this set is read for by default."""
    splits: ClassVar[StudySplits | None] = None
    """None for a set that has no training split of its own."""
    labelled: ClassVar[bool] = False
    """Its rows are documents of a labelling task, and not instructions with responses."""
    several_labels: ClassVar[bool] = False
    """Its rows can have several labels each, where the task says so."""

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Source:
        """The source with these fields; a set that comes in two formats looks at the files and chooses."""
        return cls(**fields)

    @property
    def columns(self) -> Columns:
        """Columns beyond the base schema that `rows` fills."""
        return {}

    def declared_reasons(self) -> Mapping[str, str]:
        """`reasons`, and those of the sources that this one is made from."""
        return self.reasons

    def files(self) -> list[Path]:
        """The files the rows come from (their size and time identify the input on resume)."""
        raise NotImplementedError

    def image_root(self) -> Path | None:
        """Folder that every image path must stay under; None for a set without pictures."""
        return None

    def check(self) -> None:
        """Preflight: raises ValueError with the value, what was expected and the next step."""

    def rows(self) -> Iterator[Row]:
        """Every row of the set, in order."""
        raise NotImplementedError

    def unused(self) -> Mapping[str, int]:
        """Number of records by the name of a thing that they hold and no row has, such as `column url`, in
        the last pass of `rows` as far as it has come."""
        unused: Unused | None = vars(self).get("_unused")
        return unused.records if unused else {}

    def count_unused(self) -> Unused:
        """A new count for one pass of `rows`, which `unused` gives from now on."""
        vars(self)["_unused"] = unused = Unused()  # no field: it is no part of what the source is
        return unused

    def __str__(self) -> str:
        """The name of the set in an error: its files, else its class."""
        names = ", ".join(map(str, self.files()[:SHOWN_FILES]))
        return names or f"source {type(self).__name__}"
