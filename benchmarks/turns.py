"""Times several ways to do the same thing, in turn in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch


@dataclass
class Turns:
    """Seconds on the clock and seconds of CPU of every side, round by round.

    On a busy machine the clock also counts waiting for a core; the CPU does not.
    """

    clock: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def run(self, sides: Mapping[str, Callable[[], object]], check: Callable[[str, object], None]) -> None:
        """One round: every side once; `check` gets a side's name and its result."""
        for name, side in sides.items():
            began, cpu_began = time.perf_counter(), time.process_time()
            result = side()
            self.cpu.setdefault(name, []).append(time.process_time() - cpu_began)
            self.clock.setdefault(name, []).append(time.perf_counter() - began)
            check(name, result)
            print(f"{name}: {self.clock[name][-1]:.1f} s, CPU {self.cpu[name][-1]:.1f} s", flush=True)

    def lines(self, rows: int) -> list[list[str]]:
        """Table cells per side: name, seconds, rows/s, ratio to the first side, CPU seconds, their ratio."""
        clock = {name: statistics.median(taken) for name, taken in self.clock.items()}
        cpu = {name: statistics.median(taken) for name, taken in self.cpu.items()}
        first = next(iter(clock))
        return [
            [
                name,
                f"{clock[name]:.1f}",
                f"{rows / clock[name]:.2f}",
                f"{clock[first] / clock[name]:.2f}",
                f"{cpu[name]:.1f}",
                f"{cpu[first] / cpu[name]:.2f}",
            ]
            for name in clock
        ]

    def note(self) -> str:
        """What the medians are medians of."""
        rounds = "; ".join(
            f"{name} {' '.join(f'{seconds:.1f}' for seconds in taken)}" for name, taken in self.clock.items()
        )
        return f"{torch.get_num_threads()} threads; medians, the sides in turn (seconds: {rounds})"


HEADING = ("side", "seconds", "rows/s", "times the first", "CPU seconds", "times the first by CPU")
