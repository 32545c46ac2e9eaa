"""The page on distortion runs, from manifests written in the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from distortion_rows import POLITE, row, write_run
from page_words import words_of

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.realism_check import OVERALL, RAW, RealismLine, write_realism
from pipelines.reports.distortion.page import (
    DistortionRun,
    effect_section,
    mix_section,
    realism_section,
    write_report,
)


def test_the_page_shows_each_strategy_with_what_it_lost_and_escapes_every_text(tmp_path: Path) -> None:
    dropped = {"status": "dropped", "reason": "distortion_unfinished", "detail": "no end"}
    rows = [row(i, "llm", "large dog") for i in range(3)] + [row(3, "llm", None, **dropped)]
    rows += [row(4, "random", POLITE, distortion_detail="nothing")]
    rows += [row(5, None, None, status="dropped", reason="not_in_mix")]
    out = write_report([write_run(tmp_path / "run", rows)], tmp_path / "page.html")
    page = out.read_text()
    assert "Language model" in page and "Random augmentation" in page
    assert "Captions and boxes" not in page
    assert "1 unfinished" in page and "1 of them because the mix had enough" in page
    assert "&lt;b&gt;large&lt;/b&gt;" in page and "<b>large" not in page
    assert page.count("data:image/jpeg") == 4
    assert "75.0" in page  # three of four came through
    assert "Not measured" in page and "--realism-against" in page


def test_several_runs_stand_on_one_page_under_their_names(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / name, [row(0, "llm", "dog")]) for name in ("first", "second")]
    page = write_report(folders, tmp_path / "page.html").read_text()
    assert "first: Examples" in page and "second: Examples" in page


FEW = undefined(5, "fewer than 20 texts of a kind")
LINES = [
    RealismLine(OVERALL, 300, Estimate(0.81, 0.78, 0.84, 600), Estimate(0.6, 0.55, 0.65, 600)),
    RealismLine("boxes", 5, FEW, FEW),
    RealismLine(RAW, 150, Estimate(0.51, 0.46, 0.56, 300), Estimate(0.5, 0.45, 0.55, 300)),
]


def test_rows_given_and_lost_stand_beside_the_papers(run: DistortionRun) -> None:
    text = words_of(mix_section(run))
    assert "Language model 4 75.0%" in text and "1 unfinished 113,000 + 76,000" in text
    assert "Random augmentation 2 100.0%" in text
    assert "7 rows came in: 5 were distorted, 2 dropped (1 of them because the mix had enough)" in text


def test_the_effect_is_in_words_that_changed_and_words_that_stayed(run: DistortionRun) -> None:
    text = words_of(effect_section(run))
    assert "Language model 9 → 2 100.0%" in text
    assert "Random augmentation 9 → 6 50.0%" in text  # one of two was left as it was


def test_augmentations_are_counted_without_their_figures(run: DistortionRun) -> None:
    text = words_of(effect_section(run))
    assert "swap + crop 2" in text and "no command 3" in text


def test_every_kind_of_text_has_a_bar_and_a_line_with_its_interval(tmp_path: Path) -> None:
    run = DistortionRun.read(write_run(tmp_path / "run", [row(0, "llm", "dog")]))
    write_realism(run.manifest.path, "raw set", LINES)
    html = realism_section(run)
    text = words_of(html)
    assert "Against the raw annotations of raw set." in text and "alike: 50%" in text
    assert "All distorted rows 300 0.810 0.780 to 0.840 0.600 0.550 to 0.650" in text
    assert "Captions and boxes 5 — fewer than 20 texts of a kind" in text and "Raw against raw 150" in text
    assert html.count('class="bar series-') == 2  # five texts have no bar


def test_where_nothing_was_measured_the_section_says_how_to(run: DistortionRun) -> None:
    assert "Not measured." in realism_section(run) and "--realism-against" in realism_section(run)


def test_rows_are_in_the_order_of_ids_and_strategies_in_the_papers(run: DistortionRun) -> None:
    assert [one["id"] for one in run.rows] == [f"a/all/{number}" for number in range(7)]
    assert run.strategies == ["llm", "random"]


def test_rows_of_a_strategy_are_told_from_those_that_came_through(run: DistortionRun) -> None:
    assert (len(run.given("llm")), len(run.live("llm"))) == (4, 3)
    assert (len(run.given("boxes")), run.not_chosen()) == (0, 1)


def test_a_run_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="runs of 'distort'"):
        DistortionRun.read(write_run(tmp_path / "run", [row(0, "llm", "dog")], name="annotate"))
