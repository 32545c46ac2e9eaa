"""Which scorers and filters a filtering run has, in which order, and with which limits."""

from __future__ import annotations

import json

from actors.filters.paragraph_repair import LowParagraphs, ParagraphFilter
from actors.filters.rules import LengthFilter
from actors.together import Together
from pipelines.engine.pipeline import Stage
from pipelines.recipes.filter.settings import Limits, Scoring, standard_limits
from pipelines.recipes.filter.stages import Filtering, decisions, filter_stages, filters, scorers
from pipelines.recipes.flags import PoolFlags

ALL = Scoring(sts="s", clip="c", nli="n", reward="r")
PAPER_B = ["LengthFilter", "ChangeFilter", "StsFilter", "ParagraphRepair", "ParagraphFilter", "NliFilter"]


def names(parts: list) -> list[str]:
    return [type(part.actor if isinstance(part, Stage) else part).__name__ for part in parts]


def test_decisions_come_in_the_order_of_paper_b_behind_what_finds_the_paragraphs():
    assert names(decisions(Filtering(ALL))) == ["LowParagraphs", *PAPER_B]


def test_a_run_takes_all_scores_in_one_pool_and_then_decides(tmp_path):
    stages = filter_stages(Filtering(ALL), PoolFlags(gpus=0), image_root=tmp_path)
    assert names(stages) == ["ImageReader", "Together", *PAPER_B]
    pool = stages[1].actor
    assert isinstance(pool, Together)
    taken = ["RougeScorer", "StsScorer", "NliScorer", "ClipScorer", "RewardScorer", "LowParagraphs"]
    assert names(list(pool.parts)) == taken


def test_a_score_that_is_left_out_takes_its_filter_with_it(tmp_path):
    only_text = Filtering(Scoring(reward="r"))
    assert names(scorers(only_text.scoring)) == ["RougeScorer", "RewardScorer"]
    assert names(decisions(only_text)) == ["LengthFilter", "ChangeFilter"]
    assert names(filter_stages(only_text, PoolFlags(gpus=0), image_root=tmp_path)) == [
        "Together",
        "LengthFilter",
        "ChangeFilter",
    ]


def test_limits_reach_the_filters_that_hold_them():
    limits = standard_limits().changed(Limits(max_words=9, min_sts=0.9, max_contradiction_lead=2.0))
    length, _, similarity, contradiction = filters(
        Filtering(Scoring(sts="s", nli="n"), limits, knows_finish=True)
    )
    assert length == LengthFilter(2, 9, 3, knows_finish=True)
    assert (similarity.min_sts, contradiction.margin) == (0.9, 2.0)


def test_paragraphs_are_cut_at_the_limit_of_the_score_that_is_taken():
    limits = standard_limits().changed(
        Limits(min_clip_score=1.0, min_itm_score=2.0, judge_single_paragraph=True)
    )
    for scoring, limit, column in (
        (Scoring(clip="c"), 1.0, "paragraph_clip_scores"),
        (Scoring(itm="m"), 2.0, "paragraph_itm_scores"),
    ):
        parts = decisions(Filtering(scoring, limits))
        assert parts[0] == LowParagraphs(limit, column, judge_single=True)
        assert parts[-1] == ParagraphFilter(limit)


def test_settings_come_back_from_a_manifest_also_from_one_of_another_list_of_filters():
    filtering = Filtering(ALL, standard_limits().changed(Limits(min_sts=0.9)), knows_finish=True)
    content = json.loads(json.dumps(filtering.as_json()))
    assert Filtering.from_json(content) == filtering
    del content["limits"]["max_words"]
    content["limits"]["max_capitals"] = 0.5
    assert Filtering.from_json(content) == filtering
