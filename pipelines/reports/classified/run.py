"""A finished classifying run: counts, and the arrays behind its figures and plots, read in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from actors.base import LIVE
from pipelines.manifest import Manifest
from pipelines.metrics.calibration import Reliability
from pipelines.metrics.labels import NO_LABEL, label_codes, label_marks
from pipelines.reports.page.run_page import read_run

HUMAN = {False: "human_label", True: "human_labels"}
GIVEN = {False: "label", True: "labels"}
BATCH = 16_384  # the reader holds several of them, texts included
SURE, WRONG, UNSURE = "sure", "wrong", "unsure"
EXAMPLES = 3  # ids kept per kind


@dataclass
class ClassifiedRun:
    """Live rows as counts and arrays; no text is held, only the ids of a few `examples` by kind.

    `given_labels` counts the answers, `problems` the rows with the grey picture by reason, `outside` human
    labels that the model does not know. `judged` says per live row whether people labelled it with labels
    the model knows; `truth` and `given` are of these rows: positions in `labels`, or where a row may have
    several, whether it has each one, `[judged rows, labels]`.
    """

    manifest: Manifest
    given_labels: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    empty_texts: int = 0
    without_label: int = 0
    confidence: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    judged: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    truth: NDArray[Any] = field(default_factory=lambda: np.zeros(0, np.int32))
    given: NDArray[Any] = field(default_factory=lambda: np.zeros(0, np.int32))
    reliability: Reliability = field(default_factory=Reliability)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> ClassifiedRun:
        """The run in `folder`.

        Raises:
            ValueError: no finished run, or one of another kind.
        """
        return cls.of(read_run(folder, "classify"))

    @classmethod
    def of(cls, manifest: Manifest) -> ClassifiedRun:
        """The counts and arrays of the live rows in `manifest`, read in batches."""
        run, examples, outcomes = cls(manifest), Chosen(), []
        for batch in manifest.batches(run._columns(), rows=BATCH):
            table = pa.Table.from_batches([batch])
            table = table.filter(pc.equal(table["status"], LIVE)).combine_chunks()
            run._count(table)
            outcome = run._judge(table)
            run._calibrate(table, outcome)
            examples.add(table.select(["id", "confidence"]), outcome.wrong)
            outcomes.append(outcome)
        if outcomes:
            run.confidence = np.concatenate([outcome.confidence for outcome in outcomes])
            run.judged = np.concatenate([outcome.known for outcome in outcomes])
            run.truth = np.concatenate([outcome.truth for outcome in outcomes])
            run.given = np.concatenate([outcome.given for outcome in outcomes])
        run.examples = examples.ids()
        return run

    @property
    def labels(self) -> list[str]:
        return list(self.manifest.config["labels"])

    @property
    def several(self) -> bool:
        """Whether a row may have several labels."""
        return bool(self.manifest.config["multi_label"])

    @property
    def human_column(self) -> str | None:
        """The column with people's labels; None where there is none."""
        return HUMAN[self.several] if HUMAN[self.several] in self.manifest.schema else None

    @property
    def label_column(self) -> str:
        return GIVEN[self.several]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each judged row's answer equals the human one, in every label."""
        return _same(self.truth, self.given)

    def _columns(self) -> list[str]:
        names = ["id", "status", "text", "picture_problem", "confidence", self.label_column]
        names += [self.human_column] if self.human_column else []
        return [*names, "label_probabilities"] if self.several else names

    def _count(self, table: pa.Table) -> None:
        self.problems.update(_occurrences(table["picture_problem"]))
        self.empty_texts += _sum(pc.equal(pc.fill_null(pc.utf8_trim_whitespace(table["text"]), ""), ""))
        given = table[self.label_column]
        self.given_labels.update(_occurrences(_flat(given)))
        if self.several:
            self.without_label += _sum(pc.equal(pc.list_value_length(given), 0))
        if self.human_column:
            human = _flat(table[self.human_column])
            strange = pc.invert(pc.is_in(human, value_set=pa.array(self.labels, pa.string())))
            self.outside.update(_occurrences(human.filter(strange)))

    def _judge(self, table: pa.Table) -> Judged:
        given, count = table[self.label_column], len(table)
        human = table[self.human_column] if self.human_column else pa.nulls(count, given.type)
        known: NDArray[np.bool_]
        truth: NDArray[Any]
        answers: NDArray[Any]
        if self.several:
            known, truth = label_marks(human, self.labels)
            answers = label_marks(given, self.labels)[1]
        else:
            truth, answers = label_codes(human, self.labels), label_codes(given, self.labels)
            known = truth != NO_LABEL
        return Judged(known, truth[known], answers[known], np.asarray(table["confidence"], np.float32))

    def _calibrate(self, table: pa.Table, outcome: Judged) -> None:
        """Adds the answer's confidence, or where a row may have several the probability of each label."""
        if self.several:
            shares = np.asarray(pc.list_flatten(table["label_probabilities"]), np.float32)
            self.reliability.add(shares.reshape(-1, len(self.labels))[outcome.known], outcome.truth)
        else:
            right = _same(outcome.truth, outcome.given)
            self.reliability.add(outcome.confidence[outcome.known][:, None], right[:, None])


@dataclass(frozen=True)
class Judged:
    """Some live rows: whether people's labels are `known`, these and the model's of such rows, and every
    row's confidence."""

    known: NDArray[np.bool_]
    truth: NDArray[Any]
    given: NDArray[Any]
    confidence: NDArray[np.float32]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether each row has a human label of the model's labels and another answer."""
        wrong = np.zeros(len(self.known), bool)
        wrong[self.known] = ~_same(self.truth, self.given)
        return wrong


class Chosen:
    """The ids of the surest rows not known to be wrong, of the surest wrong and of the least sure rows;
    among equals those whose ids come first."""

    def __init__(self) -> None:
        self._kept: dict[str, pa.Table] = {}

    def add(self, rows: pa.Table, wrong: NDArray[np.bool_]) -> None:
        """Takes `id` and `confidence` of some rows, and whether each is known to be wrong."""
        known = pa.array(wrong)
        for kind, part, order in (
            (SURE, rows.filter(pc.invert(known)), "descending"),
            (WRONG, rows.filter(known), "descending"),
            (UNSURE, rows, "ascending"),
        ):
            both = pa.concat_tables([self._kept[kind], part]) if kind in self._kept else part
            keys = [("confidence", order), ("id", "ascending")]
            self._kept[kind] = both.take(pc.select_k_unstable(both, EXAMPLES, keys))

    def ids(self) -> dict[str, list[str]]:
        """By kind, most telling first; no id twice."""
        ids_by_kind: dict[str, list[str]] = {}
        for kind in (WRONG, SURE, UNSURE):
            earlier = {one for ids in ids_by_kind.values() for one in ids}
            names: Sequence[str] = self._kept[kind]["id"].to_pylist() if kind in self._kept else []
            ids_by_kind[kind] = [name for name in names if name not in earlier]
        return ids_by_kind


def _same(truth: NDArray[Any], given: NDArray[Any]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = np.asarray(truth == given)
    return same if same.ndim == 1 else np.asarray(same.all(axis=1))


def _flat(column: Any) -> Any:
    """The values that are there, those of lists one after the other."""
    return pc.drop_null(pc.list_flatten(column) if pa.types.is_list(column.type) else column)


def _occurrences(column: Any) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in pc.value_counts(pc.drop_null(column)).to_pylist()}


def _sum(column: Any) -> int:
    return int(pc.sum(column).as_py() or 0)
