from __future__ import annotations

import pytest

from pipelines.metrics.planted_faults import against_chance, reason_fits, rule_detections


def test_recall_counts_planted_rows_and_precision_refused_ones():
    faults = ["too_long", "too_long", None, "endless_repetition", "unchanged", None]
    reasons = ["too_long", None, "too_long", "too_long", "too_short", None]
    by_kind = {one.kind: one for one in rule_detections(faults, reasons)}
    long = by_kind["too_long"]
    assert (long.planted, long.found, long.refused, long.right) == (2, 1, 3, 2)  # a loop is too long as well
    assert long.recall.value == 0.5 and long.precision.value == pytest.approx(2 / 3)
    assert by_kind["unchanged"].found == 1  # one word that was not rewritten is too short
    assert set(by_kind) == {"too_long", "endless_repetition", "unchanged"}


def test_a_good_row_is_never_refused_rightly():
    assert not reason_fits(None, "too_long")
    assert not reason_fits("changed_answer", "too_long")


def test_a_perfect_filter_beats_random_dropping_and_a_blind_one_does_not():
    truth = [True] * 20 + [False] * 80
    perfect = against_chance("x", zip(truth, truth))
    assert (perfect.found, perfect.chance.value, perfect.beats_chance) == (20, 0.2, True)
    blind = against_chance("x", [(wrong, i % 5 == 0) for i, wrong in enumerate(truth)])
    assert (blind.found, blind.dropped, blind.beats_chance) == (4, 20, False)
    low, high = blind.chance.numbers[1:]
    assert low <= 0.2 <= high and low < high


def test_nothing_planted_beats_nothing():
    assert not against_chance("x", [(False, True)]).beats_chance
