"""The page on annotation runs that give several labels per row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from film_rows import FILMS, ROWS

from actors.labels.asking import CHECKLIST
from actors.prompts.task import Task
from pipelines.reports.annotation.page import write_report
from pipelines.reports.several_labels.run import LabelSetRun, gives_several

ONE = Task("one", "Which?", ("Drama", "Comedy"), "{document}?")


def test_the_page_says_what_was_labelled_and_how_well(run: LabelSetRun, tmp_path: Path) -> None:
    text = write_report([run.manifest.path], tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"{FILMS.prompt}\n{CHECKLIST}" in text
    for words in ("Every label", "Comedy", "German (de)", "the text is empty", "&lt;b&gt;Opera", "Micro F1"):
        assert words in text
    assert "<b>Opera" not in text


def test_the_page_says_how_labels_were_ranked_and_with_which_prompt(make_run: Any, tmp_path: Path) -> None:
    way = {"mode": "rank", "calibrate": True, "set_ranking": "likelihood"}
    folder = make_run("listed", ROWS, task=FILMS, **way)
    assert LabelSetRun.read(folder).title == "tiny · rank · likelihood"
    text = write_report([folder], tmp_path / "page.html").read_text(encoding="utf-8")
    assert "tiny · rank · likelihood" in text and FILMS.list_prompt in text and CHECKLIST not in text


def test_a_run_of_no_rows_and_one_without_human_labels_have_a_page(make_run: Any, tmp_path: Path) -> None:
    folders = [
        make_run("none", [], task=FILMS),
        make_run("unjudged", [{"id": "a", "labels": ["War"]}], task=FILMS),
    ]
    text = write_report(folders, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "nothing says how good they are" in text


def test_runs_of_one_label_and_of_several_have_a_page_each(make_run: Any, tmp_path: Path) -> None:
    several = make_run("several", ROWS, task=FILMS)
    single = make_run("single", [{"id": "a", "human_label": "Drama", "label": "Drama"}], task=ONE)
    assert gives_several(several) and not gives_several(single)
    with pytest.raises(ValueError, match="report them in two pages"):
        write_report([single, several], tmp_path / "page.html")
    with pytest.raises(ValueError, match="missing: human_labels, labels"):
        LabelSetRun.read(single)
