"""A cache of a model's outputs by input."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import torch

Input = TypeVar("Input", bound=Hashable)
MOST_KEPT = 16_384  # 50 MB of vectors of 768 numbers


def identity(one: Hashable) -> Hashable:
    """The input as its own key, for inputs that are small."""
    return one


class Remembered(Generic[Input]):
    """Rows of `compute` by input: each distinct input is computed once while it is among the newest.

    Rows about one picture come in several tables, and short answers to common questions over and over.
    `key` gives something small that stands for an input.
    """

    def __init__(
        self,
        compute: Callable[[list[Input]], torch.Tensor],
        *,
        key: Callable[[Input], Hashable] = identity,
        most: int = MOST_KEPT,
    ) -> None:
        self.compute, self.key, self.most = compute, key, most
        self.kept: OrderedDict[Hashable, torch.Tensor] = OrderedDict()

    def __call__(self, inputs: Sequence[Input]) -> torch.Tensor:
        """Rows `[len(inputs), ...]` in the order of `inputs`, which holds at least one."""
        keys = [self.key(one) for one in inputs]
        distinct = dict(zip(keys, inputs, strict=True))
        missing = [key for key in distinct if key not in self.kept]
        rows = self.compute([distinct[key] for key in missing]) if missing else ()
        new = dict(zip(missing, rows, strict=True))
        answers = torch.stack([new[key] if key in new else self.kept[key] for key in keys])
        for key in distinct:
            # A row of its own: a view would keep all rows of its batch alive.
            self.kept[key] = new[key].clone() if key in new else self.kept.pop(key)
        while len(self.kept) > self.most:
            self.kept.popitem(last=False)
        return answers
