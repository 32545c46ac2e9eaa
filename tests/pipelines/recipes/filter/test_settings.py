"""Limits and scores: names, flags, and what is taken where a flag is left out."""

from __future__ import annotations

from typing import Annotated

import pytest
import tyro

from pipelines.recipes.filter.settings import (
    LIMITS,
    Limits,
    ScoreFlags,
    Scoring,
    limit_flags,
    resolve_scoring,
    standard_limits,
)

NONE = Limits()


def flat(*, limits: Annotated[Limits, limit_flags("")] = NONE) -> Limits:
    return limits


def nested(*, limits: Annotated[Limits, limit_flags()] = NONE) -> Limits:
    return limits


def test_only_the_flags_that_are_given_are_limits():
    assert tyro.cli(flat, args=[]) == {}
    assert tyro.cli(flat, args=["--min-words", "3", "--min-sts", "0.4"]) == {"min_words": 3, "min_sts": 0.4}
    assert tyro.cli(nested, args=["--limits.judge-single-paragraph", "True"]) == {
        "judge_single_paragraph": True
    }


def test_a_given_limit_wins_over_the_standard_one_also_where_it_equals_paper_b():
    calibrated = standard_limits().changed({"min_sts": 0.7})
    assert calibrated.changed(tyro.cli(flat, args=["--min-sts", "0.40"]))["min_sts"] == 0.40
    assert calibrated.changed(Limits()) == calibrated


def test_standard_limits_are_all_there_and_those_of_paper_b():
    limits = standard_limits()
    assert set(limits) == set(LIMITS)
    named = ("min_sts", "min_clip_score", "max_contradiction_lead")
    assert [limits[name] for name in named] == [0.40, 17.0, 0.0]


def test_an_unknown_limit_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="no limit 'max_word'; did you mean 'max_words'"):
        Limits(max_word=3)


def test_a_set_without_pictures_is_scored_by_its_text_alone():
    flags = ScoreFlags(sts="a/sts", nli="a/nli", clip="a/clip", reward="a/reward")
    with_pictures, limits = resolve_scoring(flags, pictures=True)
    assert with_pictures == Scoring("a/sts", "a/clip", "a/nli", "a/reward")
    assert limits == standard_limits()  # no pocket model brings its own
    assert resolve_scoring(flags, pictures=False)[0] == Scoring("a/sts", None, "a/nli", "a/reward")


def test_a_matching_model_takes_the_place_of_clip():
    scoring, _ = resolve_scoring(ScoreFlags(sts="s", nli="n", reward="r", itm="m"), pictures=True)
    assert (scoring.clip, scoring.itm, scoring.paragraph_scores) == (None, "m", "paragraph_itm_scores")
    left_out, _ = resolve_scoring(ScoreFlags(without=("sts", "nli", "clip", "reward")), pictures=True)
    assert left_out == Scoring() and left_out.paragraph_scores is None
