"""What a classifier's confidence is worth."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from classified_rows import answer, write_classified
from page_words import words_of
from plot_geometry import outside, overprints, text_boxes

from pipelines.reports.classified.confidence import (
    confidence_section,
    curve_of,
    reliability_chart,
    spread,
)  # fmt: skip
from pipelines.reports.classified.run import ClassifiedRun


def test_rows_are_spread_over_confidence_by_whether_they_are_right(one_label: ClassifiedRun) -> None:
    right, wrong, unjudged = (group.tolist() for group in spread(one_label))
    assert (right[19], right[15]) == (2, 1) and sum(right) == 3
    assert (wrong[17], wrong[13]) == (1, 1) and (unjudged[11], sum(unjudged)) == (1, 1)


def test_keeping_fewer_labels_keeps_the_surest(one_label: ClassifiedRun) -> None:
    curve = curve_of(one_label)
    assert [(point.answer_rate, round(point.accuracy.value or 0, 2)) for point in curve] == [
        (0.4, 1.0), (0.6, 0.67), (0.8, 0.75), (1.0, 0.6),
    ]  # fmt: skip


def test_a_dot_says_what_was_stated_and_what_was_true(one_label: ClassifiedRun) -> None:
    root = ElementTree.fromstring(reliability_chart(one_label))
    titles = [dot.find("title").text for dot in root.iter("circle")]
    assert titles[-1].startswith("stated 95.0% on average, true 100.0%") and "2 rows" in titles[-1]
    assert len([line for line in root.iter("polyline") if "reference" in line.get("class")]) == 1
    assert overprints(text_boxes(root)) == [] and outside(root) == []


def test_the_section_has_every_plot_with_its_figures(one_label: ClassifiedRun) -> None:
    html = confidence_section(one_label)
    assert html.count("<figure") == 3
    text = words_of(html)
    assert "right 3" in text and "wrong 2" in text and "not judged 1" in text
    assert "expected calibration error" in text and "Accuracy by share of rows kept" in text


def test_the_confidence_of_several_labels_is_explained_in_its_own_words(
    several_labels: ClassifiedRun,
) -> None:
    text = words_of(confidence_section(several_labels))
    assert "its least sure yes or no" in text and "Labels decided" in text


def test_one_confidence_for_all_rows_is_no_curve(tmp_path) -> None:
    rows = [answer(n, [0.8, 0.1, 0.1], label="animal", confidence=0.8) for n in range(3)]
    folder = write_classified(tmp_path / "run", [row | {"human_label": "animal"} for row in rows])
    assert "Fewer labels, better labels" not in confidence_section(ClassifiedRun.read(folder))


def test_without_human_labels_only_the_spread_is_drawn(unjudged: ClassifiedRun) -> None:
    assert confidence_section(unjudged).count("<figure") == 1
