"""A filtered run as its page needs it: figures of every row, and the texts of a chosen few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from actors.base import FAILED
from actors.filters.scores import contradiction_lead
from pipelines.manifest import Manifest
from pipelines.reasons import RESPONSE_REASONS, RULES

FIGURES = (
    "id", "dataset", "task", "status", "reason", "sts_similarity", "nli_similarity", "reward",
    "reward_original", "planted_fault", "fault_place",
)  # fmt: skip


class Judged(NamedTuple):
    """One item that a threshold judges: its score, whether the truth says it is wrong (None: unknown)."""

    score: float
    wrong: bool | None
    row: str


@dataclass(frozen=True)
class FilterRun:
    """A finished filter run, or a rewriting run that filtered."""

    manifest: Manifest

    @classmethod
    def read(cls, folder: Path) -> FilterRun:
        """The run in `folder`.

        Raises:
            ValueError: it is no finished run, or one without filters.
        """
        manifest = Manifest.read(folder)
        if "filtering" not in manifest.config:
            raise ValueError(f"{folder} was not filtered; run `filter` on it, or `rewrite --filter`")
        return cls(manifest)

    @property
    def limits(self) -> Mapping[str, Any]:
        """The limits that the run's filters used, by name."""
        limits: Mapping[str, Any] = self.manifest.config["filtering"]["limits"]
        return limits

    @property
    def paragraph_scores(self) -> tuple[str, str] | None:
        """Column of the paragraphs' scores, and the name of its limit."""
        pairs = {"paragraph_itm_scores": "min_itm_score", "paragraph_clip_scores": "min_clip_score"}
        return next((pair for pair in pairs.items() if pair[0] in self.manifest.schema), None)

    @property
    def knows_truth(self) -> bool:
        """Whether faults were planted."""
        return "planted_fault" in self.manifest.schema

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Figures of every row, no texts; columns that the run lacks are None."""
        key = (self.paragraph_scores or ("",))[0]
        names = [name for name in (*FIGURES, key) if name in self.manifest.schema]
        missing = dict.fromkeys(FIGURES)
        return [
            {**missing, **row, "paragraphs": row.get(key)} for row in self.manifest.table(names).to_pylist()
        ]

    @property
    def past_rules(self) -> list[dict[str, Any]]:
        """Rows that no rule dropped, so that scores decide on them."""
        return [row for row in self.rows if row["status"] != FAILED and row["reason"] not in RULES]

    def similarities(self) -> list[Judged]:
        """Captions with their similarity; no fault is planted for it alone."""
        captions = [row for row in self.past_rules if row["sts_similarity"] is not None]
        return [Judged(row["sts_similarity"], None, row["id"]) for row in captions]

    def leads(self) -> list[Judged]:
        """Answers with the lead of contradiction; wrong where the answer was changed."""
        answers = []
        for row in self.past_rules:
            lead = contradiction_lead(row["nli_similarity"])
            if lead is not None:
                answers.append(Judged(lead, self._is(row, "changed_answer"), row["id"]))
        return answers

    def paragraphs(self) -> list[Judged]:
        """Paragraphs that the limit applies to; wrong where one was taken from another picture."""
        single = self.limits["judge_single_paragraph"]
        paragraphs = []
        for row in self.past_rules:
            scores = row["paragraphs"] or []
            if row["reason"] == "low_similarity" or (len(scores) == 1 and not single):
                continue
            planted = self._is(row, "hallucinated_paragraph")
            for place, score in enumerate(scores):
                wrong = planted and row["fault_place"] == f"paragraph {place}"
                paragraphs.append(Judged(score, wrong if self.knows_truth else None, row["id"]))
        return paragraphs

    def _is(self, row: Mapping[str, Any], fault: str) -> bool | None:
        return row["planted_fault"] == fault if self.knows_truth else None


def in_order(reasons: Iterable[str]) -> list[str]:
    """Each reason once, in the order in which the filters decide, those of other filters last."""
    places = {reason: place for place, reason in enumerate(RESPONSE_REASONS)}
    return sorted(set(reasons), key=lambda reason: (places.get(reason, len(places)), reason))
