"""The plots of one task."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from page_words import words_of
from plot_geometry import outside, overprints, text_boxes

from actors.prompts.task import Task
from pipelines.reports.annotation.charts_section import bars_and_curve, confusions
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import TaskStudy, task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}", positive="good")
RELATIVE = Task("mood", "Good or bad?", ("bad", "good"), "{document}", relative=True)
TRUTH = ("bad", "good", "good", "bad", "good", "good")
GIVEN = ("bad", "good", "bad", None, "good", "good")
SURE = (0.9, 0.8, 0.55, None, 0.7, 0.6)


def rows(confidence: tuple[float | None, ...] = SURE) -> list[dict[str, Any]]:
    return [
        {"id": f"d/{n}", "human_label": human, "label": label, "confidence": sure}
        for n, (human, label, sure) in enumerate(zip(TRUTH, GIVEN, confidence, strict=True))
    ]


def study_of(*folders: Path) -> TaskStudy:
    (study,) = task_studies([LabelRun.read(folder) for folder in folders])
    return study


def plots(html: str) -> list[ElementTree.Element]:
    roots = [ElementTree.fromstring(svg) for svg in re.findall(r'<svg[^>]*class="plot".*?</svg>', html)]
    for root in roots:
        assert overprints(text_boxes(root)) == [] and outside(root) == []
    return roots


@pytest.fixture
def ranked(make_run: Any) -> Path:
    return make_run("ranked", rows(), task=TASK, mode="rank")


def test_bars_say_accuracy_and_answers_and_lines_what_is_easy_to_reach(ranked: Path) -> None:
    bars, _ = plots(bars_and_curve(study_of(ranked)))
    texts = {box.text for box in text_boxes(bars)}
    assert "80.0%, answers 83%" in texts and "always “good”: 66.7%" in texts


def test_the_curve_falls_from_the_surest_labels_to_all_of_them(ranked: Path) -> None:
    html = bars_and_curve(study_of(ranked))
    [line] = plots(html)[1].iter("polyline")
    assert len(line.get("points").split()) == 5
    assert "100.0% 43.9 to 100.0 80.0%" in words_of(html)  # a half answered, then three quarters


def test_runs_without_confidence_have_no_curve_of_their_own(make_run: Any, ranked: Path) -> None:
    free = make_run("free", rows((None,) * 6), task=TASK)
    assert len(plots(bars_and_curve(study_of(free)))) == 1  # the bars alone, no empty frame
    both = bars_and_curve(study_of(ranked, free))
    assert len(plots(both)) == 2 and len(list(plots(both)[1].iter("circle"))) == 2


def test_a_relative_task_has_bars_over_the_supervised_model(make_run: Any, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.csv"
    baseline.write_text("id,label\n" + "".join(f"d/{n},good\n" for n in range(6)))
    folder = make_run("run", rows(), task=RELATIVE, baseline=str(baseline))
    html = bars_and_curve(study_of(folder))
    assert "Accuracy relative to the supervised model" in html
    assert "supervised model" in {box.text for box in text_boxes(plots(html)[0])}
    assert "Accuracy of the answers" in bars_and_curve(study_of(make_run("none", rows(), task=RELATIVE)))


def test_every_run_has_a_map_and_every_label_its_recall(ranked: Path) -> None:
    html = confusions(study_of(ranked))
    assert "bad → no answer: 1 of 2 = 50.0%" in html
    assert "bad 2 50.0% 9.5 to 90.5 50.0%" in words_of(html)
