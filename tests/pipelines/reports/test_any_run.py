"""The page on a run of a pipeline of one's own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from own_run import shout, write_own_run
from page_words import words_of

from pipelines.manifest import Manifest
from pipelines.reports.any_run import AnyRun, numeric_columns, render, write_report

LOUD = {"status": "dropped", "reason": "too_loud", "detail": "9 marks", "score": 9.0, "threshold": 4.0}
ROWS = [
    *(shout(number) for number in range(5)),
    *(shout(number, **LOUD) for number in range(5, 8)),
    shout(8, status="failed", reason="missing_image", shouts=None),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return Manifest.read(write_own_run(tmp_path_factory.mktemp("own") / "run", ROWS))


@pytest.fixture(scope="module")
def text(run: Manifest) -> str:
    return words_of(render([AnyRun(run)]))


def test_every_outcome_is_counted_and_every_reason_has_its_words(text: str) -> None:
    assert "9 rows came in" in text
    assert "5 kept 3 dropped 1 failed" in text
    assert "3 more marks than the limit too_loud" in text  # the run's own words
    assert "1 the picture file is missing missing_image" in text  # ours


def test_columns_of_numbers_are_those_of_kept_rows_and_marks_are_none_of_them(run: Manifest) -> None:
    columns = dict(numeric_columns(run))
    assert list(columns) == ["shouts", "loud"]
    assert sorted(columns["shouts"].tolist()) == [0, 1, 2, 3, 4]
    assert np.mean(columns["loud"]) == pytest.approx(0.4)


def test_a_column_has_its_spread_as_a_plot_and_as_figures(run: Manifest, text: str) -> None:
    assert "shouts 5 2 0 1 2 3 4" in text  # rows, mean, quantiles
    assert render([AnyRun(run)]).count('aria-label="kept rows by ') == 2


def test_every_whole_number_has_a_bar_of_its_own(run: Manifest) -> None:
    plots = re.findall(r'<svg[^>]*class="plot".*?</svg>', render([AnyRun(run)]))
    bars = [rect.get("height") for rect in ElementTree.fromstring(plots[0]).iter("rect")]
    assert len(bars) == 5 and len(set(bars)) == 1  # 0 to 4, once each


def test_a_few_rows_of_every_reason_are_shown_with_all_that_they_hold(text: str) -> None:
    for words in ("mine/00", "mine/05", "mine/08", "9 marks", "tone calm", "text 8"):
        assert words in text
    assert text.index("mine/00") < text.index("mine/05")  # kept ones come first


def test_settings_and_timings_are_whole(text: str) -> None:
    assert "source.seed 7" in text and "source.name lines" in text and "python mine.py" in text
    assert "Shouting 9 10.0 min 2" in text and "Time 7.5 min" in text


def test_a_run_that_kept_nothing_still_has_a_page(tmp_path: Path) -> None:
    folder = write_own_run(tmp_path / "run", [shout(1, **LOUD)], timings={})
    page = words_of(write_report([folder], tmp_path / "page.html").read_text())
    assert "No column of the kept rows holds numbers." in page


def test_texts_cannot_break_the_page(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    rows = [shout(1, response=hostile, tone=hostile, detail=hostile)]
    html = render([AnyRun(Manifest.read(write_own_run(tmp_path / "run", rows)))])
    assert "<script" not in html and "<script>alert(1)" in words_of(html)
