"""Held-out figures of pocket models, each with its 95 % interval and the baseline it has to beat."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Figure:
    """A share from 0 to 1 (or a mean), its interval, and what a model that has learnt nothing reaches."""

    name: str
    value: float
    low: float
    high: float
    rows: int
    baseline: float
    baseline_name: str

    @property
    def beats_baseline(self) -> bool:
        """The interval's lower end lies above the baseline."""
        return self.low > self.baseline


def share(name: str, right: Sequence[bool], baseline: float, baseline_name: str) -> Figure:
    """A proportion with Wilson's score interval."""
    total = len(right)
    value = sum(right) / total
    shrink = 1 + Z95**2 / total
    centre = (value + Z95**2 / (2 * total)) / shrink
    half = Z95 * sqrt(value * (1 - value) / total + Z95**2 / (4 * total**2)) / shrink
    return Figure(
        name, value, max(0.0, centre - half), min(1.0, centre + half), total, baseline, baseline_name
    )


def write_figures(file: Path, figures: Sequence[Figure], seconds: float) -> None:
    """Writes `figures.json`: `seconds` of training, and every figure by name."""
    content = {"seconds": round(seconds, 1), "figures": {item.name: asdict(item) for item in figures}}
    file.write_text(json.dumps(content, indent=1) + "\n")


def read_figures(file: Path) -> tuple[list[Figure], float]:
    """The figures in a file of `write_figures`, and the seconds of training."""
    content = json.loads(file.read_text())
    return [Figure(**item) for item in content["figures"].values()], float(content["seconds"])
