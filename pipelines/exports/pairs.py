"""A live row as an instruction with a response, or why it is none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from actors.base import EMPTY_TEXT, BadRow
from actors.filters.rewritten_text import MISSING_RESPONSE
from pipelines.schema import Row
from pipelines.sources.tables.records import check_answer, place_marks

LABELS = ("label", "labels")  # what a model gave, one or several per row


def label_column(columns: Collection[str]) -> str | None:
    """The column with a model's labels in a run of `annotate` or `classify`."""
    return next((name for name in LABELS if name in columns), None)


@dataclass(frozen=True)
class PairMaker:
    """Makes pairs of a run's rows; of a labelling run, whose labels are in `label`, they are its documents
    with the model's labels, and never the human ones."""

    label: str | None

    def __call__(self, row: Row) -> Row:
        """The row with a whole `instruction` and `response`.

        Raises:
            BadRow: missing_response, empty_text for neither a question nor a picture, or image_marks.
        """
        question, answer = row.get("instruction") or "", row.get("response") or ""
        if self.label is not None:
            given = row[self.label]
            question = row.get("text") or ""
            answer = ", ".join(given) if isinstance(given, list) else given or ""
        images = row.get("images") or []
        if not answer.strip():
            raise BadRow(MISSING_RESPONSE, "no label applies" if self.label else "the row has no response")
        if not question.strip() and not images:
            raise BadRow(EMPTY_TEXT, "the row has neither a question nor a picture")
        pair = {"instruction": place_marks(question, len(images)), "response": check_answer(answer)}
        return row | pair
