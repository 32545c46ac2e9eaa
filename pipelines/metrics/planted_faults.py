"""Recall and precision of filters on planted faults, where the truth about every row is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import wilson

# Fault -> the reasons that are meant for it, and others that are right too: one wrong word is both
# unchanged and too short, and endless repetition ends at the token limit.
MEANT: Mapping[str, tuple[str, ...]] = {
    "too_short": ("too_short",),
    "too_long": ("too_long",),
    "missing_end": ("no_end", "trailing_dots"),
    "endless_repetition": ("repetition",),
    "leftover_boxes": ("leftover_boxes",),
    "unchanged": ("unchanged",),
    "recased": ("unchanged",),
}
RIGHT_TOO: Mapping[str, tuple[str, ...]] = {
    "unchanged": ("too_short", "leftover_boxes", "no_end"),
    "recased": ("too_short", "leftover_boxes", "no_end"),
    "endless_repetition": ("no_end", "too_long"),
    "missing_end": ("repetition",),
    "too_short": ("no_end",),
}


@dataclass(frozen=True)
class Detection:
    """One kind of fault: how many were planted and found, and how often a refusal meant for it is right."""

    kind: str
    planted: int
    found: int
    refused: int
    right: int

    @property
    def recall(self) -> Estimate:
        """Share of the planted faults that were found, with Wilson's interval."""
        return wilson(self.found, self.planted)

    @property
    def precision(self) -> Estimate:
        """Share of the refusals meant for this fault that are right, with Wilson's interval."""
        return wilson(self.right, self.refused)


@dataclass(frozen=True)
class AgainstChance:
    """A filter on `judged` items, of which `planted` are wrong, against dropping as many at random."""

    kind: str
    judged: int
    planted: int
    dropped: int
    found: int

    @property
    def recall(self) -> Estimate:
        return wilson(self.found, self.planted)

    @property
    def precision(self) -> Estimate:
        return wilson(self.found, self.dropped)

    @property
    def chance(self) -> Estimate:
        """Share of the planted faults that random dropping at the same rate finds (hypergeometric)."""
        from scipy.stats import hypergeom

        if not self.planted or not self.judged:
            return undefined(self.judged, "nothing planted")
        draw = hypergeom(self.judged, self.planted, self.dropped)
        low, high = (float(draw.ppf(q)) / self.planted for q in (0.025, 0.975))
        return Estimate(self.dropped / self.judged, low, high, self.judged)

    @property
    def beats_chance(self) -> bool:
        """Whether the interval of the recall lies wholly above that of random dropping."""
        if not (self.recall.defined and self.chance.defined):
            return False
        return self.recall.numbers[1] > self.chance.numbers[2]


def rule_detections(faults: Sequence[str | None], reasons: Sequence[str | None]) -> list[Detection]:
    """A detection for every planted kind that rules are meant for.

    Args:
        faults: the fault of every row, None for good ones.
        reasons: why each row was dropped, None for kept ones.
    """
    pairs = list(zip(faults, reasons, strict=True))
    detections = []
    for kind, fitting in MEANT.items():
        planted = [reason for fault, reason in pairs if fault == kind]
        if not planted:
            continue
        refused = [fault for fault, reason in pairs if reason in fitting]
        right = sum(any(reason_fits(fault, reason) for reason in fitting) for fault in refused)
        caught = sum(reason_fits(kind, reason) for reason in planted)
        detections.append(Detection(kind, len(planted), caught, len(refused), right))
    return detections


def reason_fits(fault: str | None, reason: str | None) -> bool:
    """Whether refusing for `reason` is right for a row with `fault`."""
    if fault is None or reason is None:
        return False
    return reason in (*MEANT.get(fault, ()), *RIGHT_TOO.get(fault, ()))


def against_chance(kind: str, items: Iterable[tuple[bool, bool]]) -> AgainstChance:
    """The counts over (planted, dropped) of every judged item."""
    pairs = list(items)
    return AgainstChance(
        kind,
        judged=len(pairs),
        planted=sum(planted for planted, _ in pairs),
        dropped=sum(dropped for _, dropped in pairs),
        found=sum(planted and dropped for planted, dropped in pairs),
    )
