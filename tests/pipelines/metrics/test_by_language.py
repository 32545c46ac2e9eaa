from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.by_language import by_language

PICTURES = np.arange(20).repeat(2)
LANGUAGES = ["en", "fr"] * 20


def test_each_language_is_judged_on_its_own_rows() -> None:
    truth = np.zeros(40, dtype=np.int32)
    predicted = np.zeros((2, 40), dtype=np.int32)
    predicted[:, 1::2][:, :10] = 1  # half of the French rows wrong under both seeds
    predicted[0, 0] = -1  # unanswered: wrong
    english, french = by_language(truth, predicted, LANGUAGES, PICTURES)
    assert (english.language, english.rows, english.english_minus) == ("en", 20, None)
    assert english.accuracy.value == pytest.approx(1 - 1 / 40)
    assert french.accuracy.value == pytest.approx(0.5)
    assert french.english_minus is not None
    assert french.english_minus.estimate.value == pytest.approx(0.475)
    assert french.english_minus.resolved


def test_equal_answers_in_two_languages_differ_by_nothing_in_every_draw() -> None:
    rng = np.random.default_rng(0)
    truth = np.zeros(40, dtype=np.int32)
    predicted = rng.integers(0, 2, (3, 20)).repeat(2, axis=1).astype(np.int32)
    _, french = by_language(truth, predicted, LANGUAGES, PICTURES)
    assert french.accuracy.numbers[1] < french.accuracy.numbers[2]
    assert french.english_minus is not None
    assert french.english_minus.estimate.numbers == (0, 0, 0)


def test_without_english_there_is_nothing_to_compare_with() -> None:
    figures = by_language(
        np.zeros(2, dtype=np.int32), np.zeros((1, 2), dtype=np.int32), ["fr", "de"], np.arange(2)
    )
    assert [(figure.language, figure.english_minus) for figure in figures] == [("de", None), ("fr", None)]
