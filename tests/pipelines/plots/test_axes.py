from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from plot_geometry import outside, overprints, parsed, text_boxes

from pipelines.plots.axes import MOST_UP, Axis, Frame, Reference
from pipelines.plots.drawing import WIDTH


def ranges(number: int = 200) -> list[tuple[float, float]]:
    """Ranges of every size from a millionth to a hundred million, above, below and across zero."""
    rng = np.random.default_rng(0)
    widths = 10.0 ** rng.uniform(-6, 8, number)
    starts = rng.uniform(-2, 2, number) * widths * 10.0 ** rng.integers(0, 3, number)
    return [(float(start), float(start + width)) for start, width in zip(starts, widths, strict=True)]


def value_of(label: str) -> float:
    """The number that a label stands for."""
    times = 0.01 if label.endswith("%") else 1.0
    return float(re.sub("[%,]", "", label.replace("−", "-"))) * times


def is_round(step: float) -> bool:
    """Whether it is 1, 2 or 5 times a power of ten."""
    digits = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    return any(digits == pytest.approx(one, rel=1e-6) for one in (1, 2, 5, 10))


@pytest.mark.parametrize("unit", ["", "%"])
def test_ticks_are_round_evenly_spaced_and_inside_and_their_labels_are_exact(unit):
    for low, high in ranges():
        for most in (3, 6, 8):
            ticks = Axis("", low, high, unit).ticks(most)
            assert 1 <= len(ticks) <= most, (low, high)
            room = 1e-6 * (high - low)
            assert all(low - room <= tick.value <= high + room for tick in ticks)
            steps = [right.value - left.value for left, right in pairwise(ticks)]
            assert all(is_round(step) for step in steps), (low, high, ticks)
            if steps:
                for tick in ticks:
                    assert abs(value_of(tick.label) - tick.value) < 1e-3 * steps[0], (low, high, ticks)


def test_an_axis_up_begins_and_ends_on_a_tick():
    for low, high in ranges():
        axis = Axis("", low, high).round_outwards()
        ticks = axis.ticks(MOST_UP)
        assert axis.low <= low + 1e-9 * abs(low) and axis.high >= high - 1e-9 * abs(high)
        assert (ticks[0].value, ticks[-1].value) == (axis.low, axis.high)


def test_labels_never_overprint_and_never_leave_the_frame():
    for number, (low, high) in enumerate(ranges()):
        up_low, up_high = ranges()[-number]
        references = [Reference("limit 17", low + (high - low) * share) for share in (0.0, number % 9 / 8)]
        frame = Frame(Axis("across →", low, high), Axis("↑ up", up_low, up_high), 130, references)
        root = parsed(frame.draw("plot", None, legend=[(0, "loss"), (1, "a longer name"), (2, "x" * 90)]))
        assert overprints(text_boxes(root)) == [], (low, high)
        assert outside(root) == [], (low, high)
        assert 0 <= frame.left < frame.x(low) + 0.1 and frame.x(high) <= WIDTH


def test_the_words_of_a_line_stand_above_the_plot_where_no_curve_is():
    frame = Frame(Axis("", -33.67, 17.99), Axis("↑ share", 0, 1, "%"), 130, [Reference("limit 17", 17.0)])
    boxes = {box.text: box for box in text_boxes(parsed(frame.draw("plot", None)))}
    assert boxes["limit 17"].bottom <= frame.y(1.0)
    assert boxes["100%"].right <= frame.x(-33.67)  # ticks up stand beside the plot, not in it
    assert {"−30", "−20", "−10", "0", "10"} <= set(boxes)


def test_values_lie_where_the_axes_say():
    frame = Frame(Axis("", 0, 10), Axis("", 0.0, 1.0), 100)
    assert frame.x(5) == pytest.approx((frame.left + frame.right) / 2, abs=0.1)
    assert frame.y(0.25) == pytest.approx(frame.bottom - 25, abs=0.1)
    assert frame.x(99) == frame.x(10)  # nothing is drawn outside


def test_a_logarithmic_axis_has_ones_twos_and_fives():
    axis = Axis("human labels", 30, 3000, log=True)
    assert [tick.label for tick in axis.ticks(8)] == ["50", "100", "200", "500", "1,000", "2,000"]
    assert axis.share(300) == pytest.approx(0.5)
    narrow = [tick.label for tick in Axis("", 300, 330, log=True).ticks(8)]
    assert narrow == ["300", "305", "310", "315", "320", "325", "330"]


@pytest.mark.parametrize("values", [[], [0.0], [5.0, 5.0], [1e-300, 2e-300], [float("nan"), 3.0]])
def test_values_without_any_spread_still_have_an_axis(values):
    axis = Axis.over("", values)
    assert axis.high > axis.low and 2 <= len(axis.round_outwards().ticks(MOST_UP)) <= MOST_UP
