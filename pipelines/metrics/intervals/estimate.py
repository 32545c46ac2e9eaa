"""A figure with its 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass

Z95 = 1.959963984540054  # the 97.5 % point of the standard normal distribution


@dataclass(frozen=True)
class Estimate:
    """`value` within `low`–`high` (95 %), from `rows` rows; all None when undefined, and `note` says why."""

    value: float | None
    low: float | None
    high: float | None
    rows: int
    note: str = ""

    def __str__(self) -> str:
        """`0.912 (0.900 to 0.921)`, or the note where the value is undefined."""
        if not self.defined:
            return self.note
        value, low, high = self.numbers
        return f"{value:.3f} ({low:.3f} to {high:.3f})"

    @property
    def defined(self) -> bool:
        """Whether there is a value and an interval."""
        return self.value is not None and self.low is not None

    @property
    def numbers(self) -> tuple[float, float, float]:
        """Value, low and high of an estimate that is defined."""
        assert self.value is not None and self.low is not None and self.high is not None
        return self.value, self.low, self.high

    def excludes(self, point: float) -> bool:
        """Whether the whole interval lies on one side of `point`; False when there is no interval."""
        return self.low is not None and self.high is not None and not self.low <= point <= self.high


def undefined(rows: int, note: str) -> Estimate:
    """An estimate that does not exist, for the reason `note`."""
    return Estimate(None, None, None, rows, note)
