"""The verdicts as cards."""

from __future__ import annotations

from page_words import words_of

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.reports.annotation.paper.claims import SUPPORTED, UNRESOLVED, Claim, Evidence
from pipelines.reports.annotation.paper.claims_section import claims_section

CLEAR = Evidence("tuned − base", Estimate(0.1, 0.05, 0.15, 90), SUPPORTED)
CROSSING = Evidence("tuned − other base", Estimate(0.02, -0.05, 0.09, 90), UNRESOLVED)
DISPUTED = Evidence("tuned − third base", Estimate(0.05, 0.01, 0.09, 90), UNRESOLVED)


def claim(*evidence: Evidence) -> Claim:
    return Claim("Tuning helps", "It does (§4.2).", "accuracy", "two models", list(evidence))


def test_a_difference_stands_with_its_interval_and_its_verdict() -> None:
    text = words_of(claims_section([claim(CLEAR)]))
    assert "Tuning helps supported Paper: It does (§4.2)." in text
    assert "+10.0 pts +5.0 to +15.0 supported tuned − base" in text and "comparisons:" not in text


def test_why_a_difference_is_not_resolved_is_said() -> None:
    text = words_of(claims_section([claim(CROSSING, DISPUTED)]))
    assert "not resolved (interval crosses 0)" in text
    assert "not resolved (the exact test does not agree with the interval)" in text
    assert "Of 2 comparisons: 2 not resolved." in text


def test_many_comparisons_are_counted_and_those_after_the_fourth_folded() -> None:
    html = claims_section([claim(*[CLEAR] * 4, CROSSING, CROSSING)])
    text = words_of(html)
    assert "mixed" in text and "Of 6 comparisons: 4 supported and 2 not resolved." in text
    assert "2 more comparisons" in text and html.count("<details") == 1


def test_a_claim_without_runs_says_what_it_needs() -> None:
    text = words_of(claims_section([claim()]))
    assert "Tuning helps not run It does (§4.2). two models" in text and "McNemar" not in text
