"""Which row is distorted how: exact counts of every strategy, decided by the rows' ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice

from actors.base import DROPPED, LIVE, Columns, Reason, row_seed
from actors.distortion.distorter import BOX_COLUMNS
from actors.distortion.strategies import BOXES, LLM, RANDOM
from pipelines.schema import Row
from pipelines.sources.derived import DerivedSource

TOTAL = 255_000  # the samples of Polite Flamingo's training (paper B, appendix B)
NOT_CHOSEN = Reason("not_in_mix", "the mix has as many rows as it wants")


@dataclass(frozen=True)
class Mix:
    """How many rows each strategy gets: counts, or shares where the five sum to 1 or less.

    The defaults are those of paper B's Figure 4, brought down to `total` together.
    """

    llm_images: float = 113_000
    """Rows with pictures that the language model distorts."""
    llm_text: float = 76_000
    """Rows without pictures that the language model distorts."""
    random: float = 77_000
    """Rows with pictures under random text augmentation."""
    random_text: float = 0
    """Rows without pictures under random text augmentation (the paper has none)."""
    boxes: float = 14_000
    """Descriptions whose captions and object boxes take their place."""
    total: int = TOTAL
    """The most rows in all."""

    def check(self) -> None:
        """Raises ValueError for negative numbers, or when nothing is wanted."""
        targets = self.targets()
        if min(targets.values()) < 0 or not sum(targets.values()) or self.total < 1:
            raise ValueError(
                f"the mix is {asdict(self)}; expected counts or shares of 0 or more, one above 0"
            )

    def targets(self) -> dict[str, float]:
        """Rows per entry in a set that is large enough."""
        entries = {name: value for name, value in asdict(self).items() if name != "total"}
        amount = sum(entries.values())
        factor = self.total if amount <= 1 + 1e-9 else min(1.0, self.total / amount)
        return {name: value * factor for name, value in entries.items()}

    def counts(self, available: Counter[str]) -> dict[str, int]:
        """Rows per entry for `available` rows with `pictures`, of which some can have `boxes`, and `text`.

        Rows with and without pictures are scaled down each on their own, so that a set that has one kind
        alone is used whole.
        """
        targets = self.targets()
        pictures = {name: targets[name] for name in ("llm_images", "random")}
        text = {name: targets[name] for name in ("llm_text", "random_text")}
        wanted = targets["boxes"] + targets["llm_images"] + targets["random"]
        boxes = min(round(targets["boxes"] * _factor(wanted, available["pictures"])), available["boxes"])
        counts = _scaled(pictures, available["pictures"] - boxes) | _scaled(text, available["text"])
        return {"boxes": boxes, **counts}

    def strategies(self) -> tuple[str, ...]:
        """The strategies that rows can get."""
        llm, random = self.llm_images + self.llm_text, self.random + self.random_text
        uses = {LLM: llm, RANDOM: random, BOXES: self.boxes}
        return tuple(strategy for strategy, value in uses.items() if value)


def _factor(target: float, available: int) -> float:
    return min(1.0, available / target) if target else 0.0


def _scaled(targets: Mapping[str, float], available: int) -> dict[str, int]:
    """Whole numbers in the proportions of `targets`, at most that many and at most `available` together."""
    factor = _factor(sum(targets.values()), available)
    counts = {name: int(value * factor + 1e-6) for name, value in targets.items()}
    spare = round(sum(targets.values()) * factor) - sum(counts.values())
    for name in sorted(targets, key=lambda name: counts[name] - targets[name] * factor)[:spare]:
        counts[name] += 1
    return counts


@dataclass
class MixedRows(DerivedSource):
    """The rows of `of` with the column `distortion`; a row that the mix does not want is dropped.

    A row has one strategy. Which rows get which depends on `seed` and all ids together, not on order.
    Only the first `limit` rows of `of` are looked at.
    """

    mix: Mix = field(default_factory=Mix)
    seed: int = 0
    limit: int | None = None

    @property
    def columns(self) -> Columns:
        return {**self.of.columns, "distortion": "string"}

    def check(self) -> None:
        self.mix.check()
        self.of.check()
        taken = {"distortion", "response_original"} & set(self.of.columns)
        if taken:
            raise ValueError(f"the rows have {sorted(taken)} already; distort rows with polite responses")

    def rows(self) -> Iterator[Row]:
        for row in islice(self.of.rows(), self.limit):
            strategy = self.assigned.get(row["id"])
            row["distortion"] = strategy
            if strategy is None and row["status"] == LIVE:
                row |= {"status": DROPPED, "reason": NOT_CHOSEN, "detail": NOT_CHOSEN.words}
            yield row

    @cached_property
    def assigned(self) -> Mapping[str, str]:
        """Strategy by id, for the rows that get one."""
        pools = self._pools()
        available = Counter({name: len(ids) for name, ids in pools.items()})
        counts = self.mix.counts(available)
        boxed = pools["boxes"][: counts["boxes"]]
        used = set(boxed)
        pictures = [row_id for row_id in pools["pictures"] if row_id not in used]
        parts = [
            (boxed, BOXES),
            (pictures[: counts["llm_images"]], LLM),
            (pictures[counts["llm_images"] :][: counts["random"]], RANDOM),
            (pools["text"][: counts["llm_text"]], LLM),
            (pools["text"][counts["llm_text"] :][: counts["random_text"]], RANDOM),
        ]
        return {row_id: strategy for ids, strategy in parts for row_id in ids}

    def _pools(self) -> dict[str, list[str]]:
        """Ids of live rows with a response, by what they have, each list in an order drawn from the ids."""
        pools: dict[str, list[str]] = {"pictures": [], "boxes": [], "text": []}
        for row in islice(self.of.rows(), self.limit):
            if row["status"] != LIVE or not (row["response"] or "").strip():
                continue
            pools["pictures" if row["images"] else "text"].append(row["id"])
            if row["images"] and row["task"] == "caption" and all(row.get(name) for name in BOX_COLUMNS):
                pools["boxes"].append(row["id"])
        return {
            name: sorted(ids, key=lambda row_id: row_seed(self.seed, row_id)) for name, ids in pools.items()
        }
