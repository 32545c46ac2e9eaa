"""The answers that rows of a task may have, as small integers: one label each, or a set of labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from actors.prompts.task import Task
from pipelines.metrics.intervals.proportions import Floats
from pipelines.metrics.labels import NO_LABEL, Codes, label_codes

Marks = NDArray[np.bool_]  # whether a row has a label, shape (rows, labels)
LABEL = pa.string()
LABELS = pa.list_(pa.string())


class LabelSpace:
    """A code for every answer, the same wherever this very space reads it; `NO_LABEL` is no answer.

    With one label per row a code is the label's position in `labels`. With `several`, a set of labels gets
    the next free code when it is first read, so that equal codes are equal sets, the empty set among them.
    """

    def __init__(self, labels: Sequence[str], *, several: bool = False) -> None:
        self.labels = tuple(labels)
        self.several = several
        self._sets: list[tuple[int, ...]] = [] if several else [(n,) for n in range(len(self.labels))]
        self._codes = {one: code for code, one in enumerate(self._sets)}

    @classmethod
    def of(cls, task: Task) -> LabelSpace:
        """The answers that a row of the task may have."""
        return cls(task.labels, several=task.multi_label)

    @property
    def human_column(self) -> str:
        """The column of a row with what people say."""
        return "human_labels" if self.several else "human_label"

    @property
    def label_column(self) -> str:
        """The column with what a model says."""
        return "labels" if self.several else "label"

    def read(self, column: pa.Array | pa.ChunkedArray) -> Codes:
        """A code per row; `NO_LABEL` for null, and for an answer with a label that is not in `labels`."""
        if not self.several:
            return label_codes(column, self.labels)
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        places = label_codes(column.flatten(), self.labels).tolist()
        codes, start = np.full(len(column), NO_LABEL, np.int32), 0
        for row, length in enumerate(column.value_lengths().to_pylist()):
            if length is None:
                continue
            found, start = places[start : start + length], start + length
            if NO_LABEL not in found:
                codes[row] = self._code(tuple(sorted(set(found))))
        return codes

    def names(self, code: int) -> tuple[str, ...]:
        """The labels that a code stands for."""
        return tuple(self.labels[place] for place in self._sets[code])

    def values(self, codes: Codes) -> pa.Array:
        """What `read` takes: a label or a list of labels per row, null for `NO_LABEL`."""
        named = [None if code == NO_LABEL else self.names(code) for code in codes.tolist()]
        if self.several:
            return pa.array(named, LABELS)
        return pa.array([None if one is None else one[0] for one in named], LABEL)

    def marks(self, codes: Codes) -> Marks:
        """Whether each row has each label, shape `(*codes.shape, labels)`; nowhere for `NO_LABEL`."""
        table = np.zeros((len(self._sets) + 1, len(self.labels)), dtype=bool)  # the last line is NO_LABEL
        for code, places in enumerate(self._sets):
            table[code, list(places)] = True
        found: Marks = table[codes]
        return found

    def agreement(self, human: Codes, given: Codes) -> tuple[Floats, Floats]:
        """Part and whole per row, whose sums' ratio is how far the answers agree: the accuracy, or with
        several labels micro F1 (2 × labels in both, and labels of both). Rows broadcast."""
        if not self.several:
            right = (human == given) & (given != NO_LABEL)
            return right.astype(np.float64), np.ones(right.shape)
        due, answered = self.marks(human), self.marks(given)
        return 2.0 * (due & answered).sum(axis=-1), np.asarray(
            due.sum(axis=-1) + answered.sum(axis=-1), np.float64
        )

    def commonest(self, human: Codes) -> Codes:
        """The one answer, as an array of one code, that agrees best with all of these."""
        if not self.several:
            return np.array([np.bincount(human).argmax()], np.int32)
        numbers = self.marks(human).sum(axis=0)
        order = np.argsort(-numbers, kind="stable")
        sizes = np.arange(1, len(order) + 1)
        scores = 2 * np.cumsum(numbers[order]) / (sizes * len(human) + numbers.sum())
        return np.array([self._code(tuple(sorted(order[: int(scores.argmax()) + 1].tolist())))], np.int32)

    def _code(self, places: tuple[int, ...]) -> int:
        if places not in self._codes:
            self._codes[places] = len(self._sets)
            self._sets.append(places)
        return self._codes[places]
