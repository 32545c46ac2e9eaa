"""What each strategy got, and what it did."""

from __future__ import annotations

from page_words import words_of

from pipelines.reports.distortion.figures import effect_section, mix_section
from pipelines.reports.distortion.run import DistortionRun


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
