from __future__ import annotations

from pathlib import Path

import pytest

from trainers.pocket.figures import read_figures, share, write_figures


def test_intervals_hold_the_value_and_tell_whether_a_baseline_is_beaten() -> None:
    figure = share("x", [True] * 90 + [False] * 10, 0.5, "chance")
    assert (figure.value, round(figure.low, 3), round(figure.high, 3)) == (0.9, 0.826, 0.945)
    assert figure.beats_baseline and not share("x", [True, False], 0.5, "chance").beats_baseline


def test_a_share_of_all_or_none_keeps_an_interval_between_0_and_1() -> None:
    for right in ([True] * 5, [False] * 5):
        figure = share("x", right, 0.5, "chance")
        assert 0 <= figure.low <= figure.value <= figure.high <= 1 and figure.high - figure.low > 0.3


def test_more_rows_make_a_narrower_interval() -> None:
    few, many = (share("x", [True, False] * count, 0.0, "nothing") for count in (50, 500))
    assert few.value == many.value == 0.5
    assert few.high - few.low == pytest.approx((many.high - many.low) * 10**0.5, rel=0.1)


def test_figures_come_back_as_they_were_written(tmp_path: Path) -> None:
    figures = [share("a", [True, False], 0.1, "chance"), share("b", [False, True], 0.2, "another")]
    write_figures(tmp_path / "figures.json", figures, 12.34)
    assert read_figures(tmp_path / "figures.json") == (figures, 12.3)
