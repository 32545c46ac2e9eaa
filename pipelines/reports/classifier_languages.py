"""How trained classifiers do in each language of the test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from actors.base import LIVE
from pipelines.manifest import Manifest
from pipelines.metrics.by_language import LanguageFigure, by_language
from pipelines.metrics.labels import NO_LABEL, label_codes
from pipelines.metrics.trainings import group_numbers
from pipelines.reports.languages import LLAMA2_PERCENT
from pipelines.reports.markup import Content, Markup, join
from pipelines.reports.tables import paragraph, table
from pipelines.reports.wording import language_name, points_cell, share_cell

NOTE = (
    "Accuracy on the human-labelled test rows of one language, the mean over seeds; 95 % intervals draw "
    "pictures and seeds, and differences are paired by picture. Share of pretraining data: Llama 2's "
    "(Touvron et al. 2023, Table 10), whatever model was trained."
)


@dataclass(frozen=True)
class ClassifierLanguages:
    """One classifier's figures by language, under the `title` of what it learnt from."""

    title: str
    figures: list[LanguageFigure]


def classifier_languages(
    predictions: Mapping[str, Sequence[Path]], test: Manifest, labels: Sequence[str]
) -> list[ClassifierLanguages]:
    """Figures of every classifier; nothing where the test rows have fewer than two languages.

    Args:
        predictions: Parquet files (`id`, `label`), one per seed, by title.
        test: The manifest of the test rows.
        labels: The task's labels.

    Raises:
        ValueError: a file of predictions has no row of the test set.
    """
    rows = test.table(["id", "status", "images", "language", "human_label"])
    rows = rows.filter(pc.equal(rows["status"], LIVE)).sort_by("id")
    truth = label_codes(rows["human_label"], labels)
    rows, truth = rows.filter(pc.field("human_label").isin(list(labels))), truth[truth != NO_LABEL]
    languages = [code or "" for code in rows["language"].to_pylist()]
    if len({code for code in languages if code}) < 2:
        return []
    ids = rows["id"].to_pylist()
    groups = group_numbers(
        [(images or [row])[0] for row, images in zip(ids, rows["images"].to_pylist(), strict=True)]
    )
    return [
        ClassifierLanguages(
            title,
            by_language(
                truth, np.stack([_predicted(file, ids, labels) for file in files]), languages, groups
            ),
        )
        for title, files in predictions.items()
        if files
    ]


def classifier_language_section(found: Sequence[ClassifierLanguages]) -> Markup:
    """A line per language, a column per classifier, and below it how far each falls behind English."""
    if not found:
        return paragraph("Not run: needs test rows in two languages or more (emoji_group, xnli).")
    accuracy = table(_headings(found, "Accuracy"), [_line(found, at, "accuracy") for at in _places(found)])
    behind = [at for at in _places(found) if found[0].figures[at].english_minus is not None]
    if not behind:
        return join([accuracy, paragraph(NOTE, note=True)])
    less = table(_headings(found, "English − this"), [_line(found, at, "less") for at in behind])
    return join([accuracy, less, paragraph(NOTE, note=True)])


def _places(found: Sequence[ClassifierLanguages]) -> range:
    return range(len(found[0].figures))


def _headings(found: Sequence[ClassifierLanguages], what: str) -> list[str]:
    return ["Language", "Rows", "% of Llama 2's data", *[f"{what}: {item.title}" for item in found]]


def _line(found: Sequence[ClassifierLanguages], at: int, what: str) -> list[Content]:
    first = found[0].figures[at]
    share = LLAMA2_PERCENT.get(first.language)
    known = "not listed" if share is None else f"{share:.2f}%"
    cells: list[Content] = [language_name(first.language), f"{first.rows:,}", known]
    for item in found:
        figure = item.figures[at]
        if what == "accuracy":
            cells.append(share_cell(figure.accuracy))
        else:
            cells.append("—" if figure.english_minus is None else points_cell(figure.english_minus.estimate))
    return cells


def _predicted(file: Path, ids: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    given = pq.read_table(file, columns=["id", "label"])
    label_of = dict(zip(given["id"].to_pylist(), label_codes(given["label"], labels).tolist(), strict=True))
    if not any(row in label_of for row in ids):
        raise ValueError(
            f"{file} predicts none of the {len(ids)} test rows, such as {ids[0]}; give their file"
        )
    return np.array([label_of.get(row, NO_LABEL) for row in ids], dtype=np.int32)
