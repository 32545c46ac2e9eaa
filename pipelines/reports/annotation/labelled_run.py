"""One finished annotation run as columns ready to be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from actors.labels.parse.unanswered import NO_LABEL_KINDS, UNANSWERED
from actors.prompts.task import Task
from pipelines.manifest import Manifest
from pipelines.markup import Markup
from pipelines.metrics.labels import NO_LABEL, Codes, label_codes
from pipelines.reports.page.run_page import ids_by_reason
from pipelines.reports.page.tables import paragraph

COLUMNS = (
    "id", "status", "reason", "human_label", "label", "language", "confidence", "label_scores",
    "prompt_tokens", "new_tokens", "cut_tokens",
)  # fmt: skip
BATCH = 65_536  # rows whose reasons are held at once


@dataclass(frozen=True)
class LabelRun:
    """An annotation run: one annotator's answers to one set of rows.

    `table` holds the rows that a model was asked about, sorted by id; `marked` a few ids of the others
    and of the unanswered, by reason. Texts stay on disk until `rows` fetches some.
    """

    manifest: Manifest
    task: Task
    table: pa.Table
    marked: dict[str, list[str]]
    foreign_labels: int

    @classmethod
    def read(cls, folder: Path) -> LabelRun:
        """The run in `folder`.

        Raises:
            ValueError: it is not a finished annotation run; says what to do.
        """
        manifest = finished_run(folder, COLUMNS)
        task = task_of(manifest)
        everything = manifest.table(COLUMNS)
        prompted = everything.filter(prompted_rows(everything)).sort_by("id")
        human = prompted["human_label"]
        foreign = int(pc.sum(pc.is_valid(human)).as_py() or 0) - int(
            (label_codes(human, task.labels) != NO_LABEL).sum()
        )
        return cls(manifest, task, prompted, ids_by_reason(everything), foreign)

    @property
    def annotator(self) -> str:
        return str(self.manifest.config["annotator"]["name"])

    @property
    def mode(self) -> str:
        return str(self.manifest.config["mode"])

    @property
    def use_images(self) -> bool:
        return bool(self.manifest.config.get("use_images"))

    @cached_property
    def truth(self) -> Codes:
        """Code of the human label per row of `table`; NO_LABEL where there is none of the task's."""
        return label_codes(self.table["human_label"], self.task.labels)

    @cached_property
    def predicted(self) -> Codes:
        """Code of the annotator's label per row of `table`; NO_LABEL where it did not answer."""
        return label_codes(self.table["label"], self.task.labels)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """Confidence, 0 to 1, per row of `table`; NaN where there is none."""
        return np.asarray(pc.fill_null(self.table["confidence"], float("nan")), dtype=np.float64)

    @cached_property
    def languages(self) -> list[str]:
        """Language codes that occur, English first."""
        codes = [code for code in pc.unique(self.table["language"]).to_pylist() if code]
        return sorted(codes, key=lambda code: (code != "en", code))

    def in_language(self, code: str) -> NDArray[np.bool_]:
        """Whether each row of `table` has the language code `code`."""
        return np.asarray(pc.fill_null(pc.equal(self.table["language"], code), False), dtype=bool)

    @property
    def num_unscored(self) -> int:
        """Number of rows of `table` without a human label of the task."""
        return int((self.truth == NO_LABEL).sum())

    def positions(self, other: LabelRun) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows that are in the tables of both runs: their positions here and in `other`."""
        if self.table["id"].equals(other.table["id"]):
            everywhere = np.arange(len(self.table))
            return everywhere, everywhere
        places = pc.index_in(self.table["id"], value_set=other.table["id"].combine_chunks())
        here = np.flatnonzero(np.asarray(pc.is_valid(places)))
        return here, np.asarray(places.combine_chunks().drop_null(), dtype=np.int64)

    def num_reasons(self) -> int:
        """Labelled rows whose answer gave a reason beyond the label (paper A §4.2)."""
        if "reason_text" not in self.manifest.schema:
            return 0
        batches = self.manifest.batches(["reason_text", "label"], rows=BATCH)
        return sum(
            pc.sum(pc.and_(pc.is_valid(batch["reason_text"]), pc.is_valid(batch["label"]))).as_py() or 0
            for batch in batches
        )


def finished_run(folder: Path, columns: Sequence[str]) -> Manifest:
    """The manifest of the annotation run in `folder`, which has these columns.

    Raises:
        ValueError: it is not a finished annotation run; says what to do.
    """
    manifest = Manifest.read(folder)
    if manifest.status != "complete":
        raise ValueError(
            f"{folder} is {manifest.status!r}, not complete; resume it with the same command that started it"
        )
    missing = [name for name in columns if name not in manifest.schema]
    if "task" not in manifest.config or missing:
        raise ValueError(
            f"{folder} holds a {manifest.name!r} run, and this report reads runs of `annotate` "
            f"(missing: {', '.join(missing) or 'the task'}); give it the folder of an annotate run"
        )
    return manifest


def task_of(manifest: Manifest) -> Task:
    """The task that an annotation run answered."""
    names = {item.name for item in fields(Task)}
    settings = {key: value for key, value in manifest.config["task"].items() if key in names}
    return Task(**{**settings, "labels": tuple(settings["labels"])})


def unanswered_kinds(manifests: Sequence[Manifest]) -> tuple[dict[str, str], list[list[int]]]:
    """The kinds of unanswered rows that occur with their meaning, and how many of each every run has."""
    counts = [manifest.reasons.get("dropped", {}) for manifest in manifests]
    kinds = [kind for kind in NO_LABEL_KINDS if any(f"{UNANSWERED}{kind}" in reasons for reasons in counts)]
    numbers = [[reasons.get(f"{UNANSWERED}{kind}", 0) for kind in kinds] for reasons in counts]
    return {kind.replace("_", " "): NO_LABEL_KINDS[kind] for kind in kinds}, numbers


def kinds_note(kinds: Mapping[str, str]) -> Markup:
    """A note with the meaning of every kind of unanswered row."""
    return paragraph("; ".join(f"{kind}: {meaning}" for kind, meaning in kinds.items()), ".", note=True)


def prompted_rows(table: pa.Table) -> pa.Array:
    """Whether each row reached a model: it was labelled, or dropped because the answer held no label."""
    unanswered = pc.fill_null(pc.starts_with(table["reason"], UNANSWERED), False)
    return pc.or_(pc.equal(table["status"], "live"), unanswered)
