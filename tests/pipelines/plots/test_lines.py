from __future__ import annotations

import numpy as np
from plot_geometry import outside, overprints, parsed, text_boxes

from pipelines.metrics.coverage import coverage_curve
from pipelines.plots.axes import Axis
from pipelines.plots.lines import Line, coverage_chart, line_chart


def test_a_curve_with_confidences_is_a_line_and_one_without_a_point() -> None:
    truth, answer = np.array([0, 1, 0, 1]), np.array([0, 1, 1, -1])
    line = coverage_curve(truth, answer, np.array([0.9, 0.8, 0.7, np.nan]))
    point = coverage_curve(truth, answer, np.full(4, np.nan))
    root = parsed(coverage_chart([("line", 0, line), ("point", 9, point), ("nothing", 2, [])], name="n"))
    assert len(list(root.iter("polyline"))) == 1
    assert len(list(root.iter("circle"))) == 2
    assert [group.find("title").text for group in root.iter("g")] == ["line", "point"]


def test_every_curve_is_named_in_the_legend_and_drawn_in_its_colour() -> None:
    lines = [Line("loss", 0, [(1, 3.0), (2, 2.0)]), Line("running mean", 1, [(1, 3.0), (2, 2.5)])]
    root = parsed(line_chart(lines, Axis("step →", 1, 2), Axis("loss", 2, 3), name="n", legend=True))
    assert {"loss", "running mean"} <= {box.text for box in text_boxes(root)}
    assert [one.get("class") for one in root.iter("polyline")] == ["curve series-0", "curve series-1"]
    assert overprints(text_boxes(root)) == [] and outside(root) == []


def test_dots_have_their_intervals_and_say_their_figures() -> None:
    dots = Line("", 2, [(0.1, 0.2), (0.9, 0.8)], [(0.1, 0.3), (0.7, 0.9)], joined=False, dots="all",
                titles=["a", "b"])  # fmt: skip
    root = parsed(line_chart([dots], Axis("", 0, 1, "%"), Axis("", 0, 1, "%"), name="n"))
    assert not list(root.iter("polyline"))
    assert [dot.find("title").text for dot in root.iter("circle")] == ["a", "b"]
    whiskers = [line for line in root.iter("line") if line.get("class") == "curve series-2"]
    assert float(whiskers[0].get("y1")) < float(whiskers[0].get("y2"))
    assert len(whiskers) == 2
