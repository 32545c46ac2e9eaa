from __future__ import annotations

import numpy as np
import pytest
from plot_geometry import outside, overprints, parsed, text_boxes

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import wilson
from pipelines.plots.axes import Axis, Reference
from pipelines.plots.bars import Bar, bar_chart, column_chart, stacked_bar
from pipelines.plots.drawing import WIDTH


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


def test_a_stacked_bar_fills_the_width_by_share() -> None:
    root = parsed(stacked_bar([("kept", 3), ("failed", 1)], name="n"))
    assert [float(rect.get("width")) for rect in root.iter("rect")] == [270.0, 90.0]
    assert parsed(stacked_bar([("kept", 0)], name="nothing")) is not None


def test_long_names_of_bars_are_whole_and_meet_nothing() -> None:
    name = "human labels of the rows that smollm2-135m-instruct answered"
    bars = [Bar(f"{name} {number}", wilson(5, 9), wilson(8, 9), "55.6%", number) for number in range(4)]
    references = [Reference(f"always the commonest: {share:.1%}", share) for share in (0.31, 0.95)]
    root = parsed(bar_chart(bars, references, unit="%", name="n"))
    assert overprints(text_boxes(root)) == [] and outside(root) == []
    written = " ".join(text.text for text in root.iter("text") if text.get("class") == "bar-label")
    assert written == " ".join(bar.label for bar in bars)


def test_columns_stand_on_a_ticked_axis_and_are_as_high_as_their_share() -> None:
    x, y = Axis("score →", 0, 10), Axis("↑ share", 0, 0.42, "%")
    layers = [("bar series-0", [0.4, 0.2]), ("bar series-1", [0.0, 0.1])]
    root = parsed(column_chart([0, 5, 10], layers, x, y, name="n", references=[Reference("limit 5", 5)]))
    heights = [float(rect.get("height")) for rect in root.iter("rect")]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2) == pytest.approx(4 * heights[2], abs=0.4)
    assert {"0%", "10%", "40%", "limit 5"} <= {text.text for text in root.iter("text")}
    assert overprints(text_boxes(root)) == [] and outside(root) == []


def test_stacked_columns_begin_where_the_one_below_ends() -> None:
    x, y = Axis("", 0, 1), Axis("↑ rows", 0, 5)
    root = parsed(column_chart([0, 1], [("kept", [2]), ("failed", [3])], x, y, name="n", stacked=True))
    low, high = root.iter("rect")
    assert float(high.get("y")) + float(high.get("height")) == pytest.approx(float(low.get("y")), abs=0.1)


def test_bars_of_many_figures_never_overprint() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        bars = [
            Bar("name " * rng.integers(1, 20), Estimate(v, v / 2, 2 * v, 9), wilson(1, 2), f"{v:.2f}×", 0)
            for v in rng.uniform(0.01, 30, 3).tolist()
        ]
        root = parsed(bar_chart(bars, [Reference("supervised model", 1.0)], unit="×", name="n"))
        assert overprints(text_boxes(root)) == [] and outside(root) == []
