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
    """Integer codes of answers, the same for equal answers within this object; `NO_LABEL` is no answer.

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
        """Name of the column with the human labels."""
        return "human_labels" if self.several else "human_label"

    @property
    def label_column(self) -> str:
        """Name of the column with a model's labels."""
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
            row_places, start = places[start : start + length], start + length
            if NO_LABEL not in row_places:
                codes[row] = self._code(tuple(sorted(set(row_places))))
        return codes

    def names(self, code: int) -> tuple[str, ...]:
        """The labels that a code stands for."""
        return tuple(self.labels[place] for place in self._sets[code])

    def values(self, codes: Codes) -> pa.Array:
        """The column that `read` would code so: a label or list of labels per row, null for `NO_LABEL`."""
        answers = [None if code == NO_LABEL else self.names(code) for code in codes.tolist()]
        if self.several:
            return pa.array(answers, LABELS)
        return pa.array([None if one is None else one[0] for one in answers], LABEL)

    def marks(self, codes: Codes) -> Marks:
        """Whether each row has each label, shape `(*codes.shape, labels)`; nowhere for `NO_LABEL`."""
        table = np.zeros((len(self._sets) + 1, len(self.labels)), dtype=bool)  # the last line is NO_LABEL
        for code, places in enumerate(self._sets):
            table[code, list(places)] = True
        marks: Marks = table[codes]
        return marks

    def agreement(self, human: Codes, given: Codes) -> tuple[Floats, Floats]:
        """Part and whole per row, whose sums' ratio is how far the answers agree: the accuracy, or with
        several labels micro F1 (2 × labels in both, and labels of both). Rows broadcast."""
        if not self.several:
            right = (human == given) & (given != NO_LABEL)
            return right.astype(np.float64), np.ones(right.shape)
        human_marks, given_marks = self.marks(human), self.marks(given)
        return 2.0 * (human_marks & given_marks).sum(axis=-1), np.asarray(
            human_marks.sum(axis=-1) + given_marks.sum(axis=-1), np.float64
        )

    def commonest(self, human: Codes) -> Codes:
        """Code `[1]` of the one answer that agrees best with all of `human`."""
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
