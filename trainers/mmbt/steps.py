"""Which rows every optimizer step of MMBT computes on, by worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actors.base import row_seed
from trainers.mmbt.settings import MmbtSettings


@dataclass(frozen=True)
class Step:
    """`parts` are row numbers by worker and micro-batch; a micro-batch may be empty where there are more
    workers than rows."""

    number: int
    parts: list[list[list[int]]]

    @property
    def rows(self) -> list[int]:
        """All rows of the step."""
        return [row for part in self.parts for batch in part for row in batch]


def steps_of_epoch(
    lengths: Sequence[int], settings: MmbtSettings, epoch: int, *, workers: int, first: int
) -> list[Step]:
    """The epoch's steps, numbered from `first`; its last step is smaller where the rows do not fill it.

    The order of rows follows from seed and epoch. Rows of like length share a micro-batch.
    """
    order = np.random.default_rng(row_seed(settings.seed, f"epoch/{epoch}")).permutation(len(lengths))
    size = settings.batch_size
    cuts = [[int(row) for row in order[start : start + size]] for start in range(0, len(order), size)]
    return [
        Step(first + number, _shared(sorted(rows, key=lambda row: (-lengths[row], row)), settings, workers))
        for number, rows in enumerate(cuts)
    ]


def _shared(rows: list[int], settings: MmbtSettings, workers: int) -> list[list[list[int]]]:
    """Per worker the same number of micro-batches, all of nearly the same size."""
    rounds = -(-len(rows) // (settings.micro_batch_size * workers))
    cuts = np.array_split(np.array(rows), rounds * workers)
    return [[[int(row) for row in cut] for cut in cuts[worker::workers]] for worker in range(workers)]
