from __future__ import annotations

import numpy as np
import pytest
from plot_geometry import outside, overprints, parsed, text_boxes

from pipelines.plots.violins import Violin, density, violins


def test_a_density_is_highest_where_the_values_are():
    grid = np.linspace(-5, 5, 101)
    found = density(np.array([2.0, 2.1, 1.9, -3.0]), grid)
    assert grid[found.argmax()] == pytest.approx(2.0, abs=0.3)
    assert found.max() == 1.0
    assert density(np.array([1.0]), grid).argmax() == abs(grid - 1.0).argmin()


def test_a_set_has_a_half_above_and_a_half_below_its_line_with_their_quartiles():
    rng = np.random.default_rng(0)
    sets = [Violin(f"set {n}", rng.normal(-2, 1, 50), rng.normal(n, 1, 50)) for n in range(3)]
    root = parsed(violins(sets, name="n"))
    assert len(list(root.iter("polygon"))) == len(list(root.iter("circle"))) == 6
    raw, rewritten = list(root.iter("circle"))[:2]
    for way in ("cx", "cy"):
        assert float(raw.get(way)) < float(rewritten.get(way))
    assert "median" in root.find("g/title").text
    assert overprints(text_boxes(root)) == [] and outside(root) == []


def test_one_value_and_none_are_no_error():
    parsed(violins([Violin("a", np.array([1.0]), np.array([]))], name="n"))
