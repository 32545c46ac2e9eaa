"""A labelled set read as instructions with terse answers, which is what a rewriter starts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.schema import LABEL_COLUMNS, MULTI_LABEL_COLUMNS, Row
from pipelines.sources.derived import DerivedSource
from pipelines.sources.dialogues.marks import IMAGE_MARK
from pipelines.sources.source import Source


def has_labels(source: Source) -> bool:
    """Whether the set's rows are documents with labels, and not instructions with responses."""
    return any(set(columns) <= set(source.columns) for columns in (LABEL_COLUMNS, MULTI_LABEL_COLUMNS))


@dataclass
class InstructionRows(DerivedSource):
    """The rows of `of`, a labelled set: its text becomes the instruction, with a mark per picture at the
    end, and the human label the response, several with commas between. The set's own columns stay.

    The task is `vqa` where a question is asked about a picture, `classification` elsewhere.
    """

    def rows(self) -> Iterator[Row]:
        for row in self.of.rows():
            text, pictures = row.get("text"), row.get("images") or []
            if row["instruction"] is None and text is not None:
                row["instruction"] = text + IMAGE_MARK * len(pictures)
            if row["response"] is None:
                row["response"] = row.get("human_label") or ", ".join(row.get("human_labels") or ()) or None
            if row["task"] == "label":
                row["task"] = "vqa" if pictures and (text or "").rstrip().endswith("?") else "classification"
            yield row
