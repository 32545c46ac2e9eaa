from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}\nGood or bad?", positive="good")
ROWS = [
    {"id": "d/2", "label": "good", "human_label": "bad", "confidence": 0.7, "language": "fr"},
    {"id": "d/1", "label": "bad", "human_label": "bad", "confidence": 0.6, "language": "en"},
    {"id": "d/4", "label": None, "answer_kind": "refused", "human_label": "good", "raw_output": "I cannot."},
    {"id": "d/3", "status": "failed", "reason": "empty_text", "detail": "no words", "human_label": "good"},
    {"id": "d/5", "label": "good", "human_label": "unsure", "text": "a text\nof two lines"},
    {"id": "d/6", "label": "good", "human_label": None},
]


@pytest.fixture
def run(make_run: Any) -> LabelRun:
    return LabelRun.read(make_run("run", ROWS, task=TASK))


def test_only_rows_that_a_model_was_asked_about_are_scored_in_id_order(run: LabelRun) -> None:
    assert run.table["id"].to_pylist() == ["d/1", "d/2", "d/4", "d/5", "d/6"]
    assert run.truth.tolist() == [0, 0, 1, -1, -1]
    assert run.predicted.tolist() == [0, 1, -1, 1, 1]


def test_rows_without_a_label_of_the_task_are_counted_apart(run: LabelRun) -> None:
    assert run.num_unscored == 2
    assert run.foreign_labels == 1


def test_the_marked_rows_are_known_by_reason(run: LabelRun) -> None:
    assert run.marked == {"empty_text": ["d/3"], "unanswered_refused": ["d/4"]}


def test_languages_put_english_first(run: LabelRun) -> None:
    assert run.languages == ["en", "fr"]
    assert run.in_language("fr").tolist() == [False, True, False, False, False]


def test_texts_are_fetched_by_id(run: LabelRun) -> None:
    assert run.manifest.rows_by_id(["d/5", "d/3", "d/9"], ["text", "detail", "no such column"]) == {
        "d/5": {"id": "d/5", "text": "a text\nof two lines", "detail": None},
        "d/3": {"id": "d/3", "text": "a text", "detail": "no words"},
    }
    assert run.manifest.rows_by_id([], ["text"]) == {}


def test_rows_in_common_are_found_whatever_else_the_runs_hold(run: LabelRun, make_run: Any) -> None:
    other = LabelRun.read(make_run("other", [ROWS[5], ROWS[0], ROWS[1] | {"id": "e/1"}], task=TASK))
    here, there = run.positions(other)
    assert run.table["id"].take(here).to_pylist() == ["d/2", "d/6"]
    assert other.table["id"].take(there).to_pylist() == ["d/2", "d/6"]


def test_a_run_without_rows_is_read(make_run: Any) -> None:
    empty = LabelRun.read(make_run("empty", [], task=TASK))
    assert (len(empty.table), empty.marked, empty.languages) == (0, {}, [])
    assert (empty.manifest.rows_by_id(["d/1"], ["text"]), empty.num_reasons()) == ({}, 0)


def test_an_unfinished_run_says_how_to_go_on(make_run: Any, tmp_path: Path) -> None:
    folder = make_run("run", ROWS, task=TASK)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"status": "running"}))
    with pytest.raises(ValueError, match="'running', not complete; resume it with the same command"):
        LabelRun.read(folder)
    (folder / "manifest.json").unlink()
    (folder / "run.json").write_text("{}")
    with pytest.raises(ValueError, match="resume it"):
        LabelRun.read(folder)


def test_a_run_of_another_kind_is_refused(make_run: Any) -> None:
    folder = make_run("run", ROWS, task=TASK)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["config"]["task"]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"name": "ingest"}))
    with pytest.raises(ValueError, match=r"holds a 'ingest' run.*reads runs of `annotate`"):
        LabelRun.read(folder)
