from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from pipelines.metrics.coverage import coverage_curve
from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import wilson
from pipelines.reports.page.svg import (
    WIDTH,
    Bar,
    Reference,
    bar_chart,
    confusion_map,
    coverage_chart,
    fitted,
    stacked_bar,
    swatch,
)


def parsed(svg: str) -> ElementTree.Element:
    """Fails on anything that is not well-formed."""
    return ElementTree.fromstring(svg)


def test_a_bar_is_as_long_as_its_share_and_has_its_interval() -> None:
    bars = [
        Bar("half", wilson(50, 100), wilson(100, 100), "50%", 0),
        Bar("all", wilson(9, 9), wilson(9, 9), "", 1),
    ]
    root = parsed(bar_chart(bars, [Reference("majority", 0.5)], unit="%", name="n"))
    half, thin, full, _ = (float(rect.get("width")) for rect in root.iter("rect"))
    assert half == pytest.approx(full / 2, abs=0.1)
    assert thin == full
    whiskers = [line for line in root.iter("line") if line.get("class") == "whisker"]
    assert len(whiskers) == 6  # one line and two ends per bar
    reference = next(line for line in root.iter("line") if "reference" in line.get("class"))
    assert float(reference.get("x1")) == pytest.approx(8 + half, abs=0.1)


def test_ratios_above_one_fit_the_axis() -> None:
    bar = Bar("a", Estimate(2.6, 2.1, 3.4, 10), wilson(1, 2), "2.6×", 0)
    root = parsed(bar_chart([bar], [Reference("supervised", 1.0)], unit="×", name="n"))
    assert all(float(line.get("x2")) < WIDTH for line in root.iter("line"))


def test_a_bar_without_a_value_is_only_its_name() -> None:
    root = parsed(
        bar_chart([Bar("a", undefined(0, "x"), undefined(0, "x"), "none", 0)], [], unit="%", name="n")
    )
    assert list(root.iter("rect")) == []
    assert "none" in [text.text for text in root.iter("text")]


def test_labels_are_escaped() -> None:
    bar = Bar("<b>&", wilson(1, 2), wilson(1, 2), "<i>", 0)
    svg = bar_chart([bar], [Reference("<u>", 0.1)], unit="%", name='"<n>')
    assert "<b>" not in svg and "<i>" not in svg and "<u>" not in svg
    assert parsed(svg).get("aria-label") == '"<n>'


def test_a_curve_with_confidences_is_a_line_and_one_without_a_point() -> None:
    truth, answer = np.array([0, 1, 0, 1]), np.array([0, 1, 1, -1])
    line = coverage_curve(truth, answer, np.array([0.9, 0.8, 0.7, np.nan]))
    point = coverage_curve(truth, answer, np.full(4, np.nan))
    root = parsed(coverage_chart([("line", 0, line), ("point", 9, point), ("nothing", 2, [])], name="n"))
    assert len(list(root.iter("polyline"))) == 1
    assert len(list(root.iter("circle"))) == 2
    assert [group.find("title").text for group in root.iter("g")] == ["line", "point"]


def test_a_confusion_map_has_a_cell_per_pair_with_count_and_interval() -> None:
    root = parsed(confusion_map(np.array([[3, 1, 0], [0, 0, 0]]), ["yes", "no"], name="n"))
    titles = [group.find("title").text for group in root.iter("g")]
    assert len(titles) == 6
    assert titles[0] == "yes → yes: 3 of 4 = 75.0%, 95 % interval 30.1% to 95.4%"
    assert titles[2] == "yes → no answer: 0 of 4 = 0.0%, 95 % interval 0.0% to 49.0%"
    assert titles[3] == "no → yes: 0 of 0"


@pytest.mark.parametrize("num_labels", [2, 9, 23])
def test_a_confusion_map_stays_within_its_width(num_labels: int) -> None:
    labels = ["a-rather-long-label-name"] * num_labels
    root = parsed(confusion_map(np.ones((num_labels, num_labels + 1), int), labels, name="n"))
    assert max(float(rect.get("x")) + float(rect.get("width")) for rect in root.iter("rect")) <= WIDTH


def test_wide_letters_take_more_room() -> None:
    assert fitted("abc", 3) == "abc"
    assert fitted("abcd", 3) == "abc…"
    assert fitted("mmmm", 3) == "mm…"
    assert fitted("漢字漢字", 4) == "漢字…"


def test_a_stacked_bar_fills_the_width_by_share() -> None:
    root = parsed(stacked_bar([("kept", 3), ("failed", 1)], name="n"))
    assert [float(rect.get("width")) for rect in root.iter("rect")] == [270.0, 90.0]
    assert parsed(stacked_bar([("kept", 0)], name="nothing")) is not None


def test_run_numbers_beyond_the_colours_are_dashed() -> None:
    assert "dashed" not in swatch(7)
    assert "series-1 dashed" in swatch(9)
