"""One finished annotation run of a task with several labels per row, as columns ready to be scored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from actors.labels.asking import LIKELIHOOD, YES_NO, sent_task
from actors.prompts.task import Task
from pipelines.manifest import Manifest
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import wilson
from pipelines.metrics.labels import label_marks
from pipelines.metrics.multi_label import Marks, exact_matches, macro_f1, micro_f1
from pipelines.reports.annotation.labelled_run import finished_run, ids_by_reason, prompted_rows, task_of

COLUMNS = ("id", "status", "reason", "human_labels", "labels", "language", "confidence")
EXAMPLES = 3  # ids per kind of row


@dataclass(frozen=True)
class SetScores:
    """Figures over answered rows; `micro_f1_on_all` takes unanswered ones too, as rows given no label."""

    answer_rate: Estimate
    exact: Estimate
    micro_f1: Estimate
    macro_f1: Estimate
    micro_f1_on_all: Estimate


@dataclass(frozen=True)
class LabelSetRun:
    """An annotation run: one annotator's answers to one set of rows.

    `table` holds the rows that a model was asked about, sorted by id; `marked` a few ids of the others and
    of the unanswered, by reason.
    """

    manifest: Manifest
    task: Task
    table: pa.Table
    marked: dict[str, list[str]]

    @classmethod
    def read(cls, folder: Path) -> LabelSetRun:
        """The run in `folder`.

        Raises:
            ValueError: it is not a finished annotation run, or of a task of one label per row.
        """
        manifest = finished_run(folder, COLUMNS)
        everything = manifest.table(COLUMNS)
        prompted = everything.filter(prompted_rows(everything)).sort_by("id")
        return cls(manifest, task_of(manifest), prompted, ids_by_reason(everything))

    @property
    def title(self) -> str:
        config = self.manifest.config
        words = [config["annotator"]["name"], config["mode"], config.get("set_ranking")]
        # likelihood is calibrated by definition
        words.append("calibrated" if config.get("calibrate") and LIKELIHOOD not in words else None)
        words.append("with picture" if config.get("use_images") else None)
        return " · ".join(word for word in words if word)

    @property
    def asked(self) -> Task:
        """The task with the prompt that the model got, `list_prompt` for ranking by likelihood."""
        config = self.manifest.config
        return sent_task(self.task, config["mode"], config.get("set_ranking") or YES_NO)

    @cached_property
    def truth(self) -> Marks:
        """Whether people gave each row of `table` each label, `(rows, labels)`."""
        return label_marks(self.table["human_labels"], self.task.labels)[1]

    @cached_property
    def given(self) -> Marks:
        """Whether the annotator gave each row each label, `(rows, labels)`; none where it did not answer."""
        return label_marks(self.table["labels"], self.task.labels)[1]

    @cached_property
    def answered(self) -> NDArray[np.bool_]:
        """Whether each row of `table` was answered, if only by giving no label."""
        return np.asarray(pc.is_valid(self.table["labels"]), bool)

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Whether each row of `table` has human labels, all of them the task's."""
        return label_marks(self.table["human_labels"], self.task.labels)[0]

    @property
    def languages(self) -> list[str]:
        """Language codes that occur, sorted."""
        return sorted(code for code in pc.unique(self.table["language"]).to_pylist() if code)

    def in_language(self, code: str) -> NDArray[np.bool_]:
        """Whether each row of `table` has the language code `code`."""
        return np.asarray(pc.fill_null(pc.equal(self.table["language"], code), False), bool)

    def scores(self, rows: NDArray[np.bool_] | None = None) -> SetScores:
        """Figures over the rows of `table`, or over those where `rows` is True."""
        part = np.ones(len(self.table), bool) if rows is None else rows
        labelled = part & self.judged
        both = labelled & self.answered
        truth, given = self.truth[both], self.given[both]
        return SetScores(
            answer_rate=wilson(int((part & self.answered).sum()), int(part.sum())),
            exact=exact_matches(truth, given),
            micro_f1=micro_f1(truth, given),
            macro_f1=macro_f1(truth, given),
            micro_f1_on_all=micro_f1(self.truth[labelled], self.given[labelled]),
        )

    def telling(self) -> dict[str, list[str]]:
        """Ids of a few judged and answered rows: with most wrong decisions, and with none."""
        both = np.flatnonzero(self.judged & self.answered)
        wrong = (self.truth[both] != self.given[both]).sum(axis=1)
        ids: list[str] = self.table["id"].take(pa.array(both)).to_pylist()
        order = np.argsort(-wrong, kind="stable")[:EXAMPLES]
        return {
            "Most decisions wrong": [ids[place] for place in order if wrong[place]],
            "Every decision right": [ids[place] for place in np.flatnonzero(wrong == 0)[:EXAMPLES]],
        }


def gives_several(folder: Path) -> bool:
    """Whether the run in `folder` is of a task with several labels per row."""
    return bool((Manifest.read(folder).config.get("task") or {}).get("multi_label"))
