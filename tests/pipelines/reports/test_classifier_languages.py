from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.prompts.task import Task
from pipelines.manifest import Manifest
from pipelines.reports.classifier_languages import classifier_language_section, classifier_languages

TASK = Task("nli", "Which?", ("yes", "no"), "{document}")


def rows_in(languages: tuple[str | None, ...], pictures: int = 12) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{language}/{n}",
            "language": language,
            "human_label": "yes",
            "label": "yes",
            "images": [f"{n}.png"],
        }
        for n in range(pictures)
        for language in languages
    ]


def write_predictions(file: Path, labels: dict[str, str]) -> Path:
    pq.write_table(
        pa.table({"id": list(labels), "label": pa.array(list(labels.values()), pa.string())}), file
    )
    return file


def test_a_classifier_has_a_line_per_language(make_run: Any, tmp_path: Path) -> None:
    rows = rows_in(("en", "fr"))
    foreign = {"id": "en/x", "language": "en", "human_label": "maybe", "label": "yes"}
    test = Manifest.read(make_run("test", [*rows, foreign], task=TASK))
    right = {row["id"]: "yes" for row in rows}
    half = {row: label if row.startswith("en") or int(row[3:]) < 6 else "no" for row, label in right.items()}
    named = {
        "human labels": [write_predictions(tmp_path / f"{seed}.parquet", right) for seed in range(2)],
        "tiny": [write_predictions(tmp_path / "tiny.parquet", half)],
    }
    human, tiny = classifier_languages(named, test, TASK.labels)
    assert [(figure.language, figure.rows, figure.accuracy.value) for figure in tiny.figures] == [
        ("en", 12, 1.0),
        ("fr", 12, 0.5),
    ]
    assert human.figures[1].english_minus is not None
    assert human.figures[1].english_minus.estimate.value == 0
    page = classifier_language_section([human, tiny])
    assert "French (fr)" in page and "0.16%" in page and "English − this: tiny" in page and "+50.0" in page


def test_rows_in_one_language_give_no_table(make_run: Any, tmp_path: Path) -> None:
    rows = rows_in(("en",))
    test = Manifest.read(make_run("test", rows, task=TASK))
    file = write_predictions(tmp_path / "p.parquet", {row["id"]: "yes" for row in rows})
    assert classifier_languages({"human": [file]}, test, TASK.labels) == []
    assert "needs test rows in two languages" in classifier_language_section([])


def test_predictions_of_other_rows_are_refused(make_run: Any, tmp_path: Path) -> None:
    test = Manifest.read(make_run("test", rows_in(("en", "fr")), task=TASK))
    file = write_predictions(tmp_path / "p.parquet", {"other": "yes"})
    with pytest.raises(ValueError, match="predicts none of the 24 test rows"):
        classifier_languages({"human": [file]}, test, TASK.labels)
