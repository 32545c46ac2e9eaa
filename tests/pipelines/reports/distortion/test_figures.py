"""What each strategy got, and what it did."""

from __future__ import annotations

from pathlib import Path

from distortion_rows import row, write_run
from page_words import words_of

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.realism_check import OVERALL, RAW, RealismLine, write_realism
from pipelines.reports.distortion.figures import effect_section, mix_section, realism_section
from pipelines.reports.distortion.run import DistortionRun

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
