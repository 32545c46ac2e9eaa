"""Whole runs of the filter verb over tiny models, and other limits on the scores of one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from filter_run import OPEN, ROWS, TWO, Rewritten, filtered_run, tiny_scores

from pipelines.__main__ import main
from pipelines.engine.run import RunOptions, run_pipeline
from pipelines.manifest import Manifest
from pipelines.recipes.filter.again import filter_again
from pipelines.recipes.filter.settings import Limits, ScoreFlags, standard_limits
from pipelines.recipes.filter.verb import filtering_pipeline

pytestmark = pytest.mark.usefixtures("shared_ray")

RULES = {"same": "unchanged", "short": "too_short", "cut": "no_end", "loop": "repetition"}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Manifest:
    return filtered_run(tmp_path_factory.mktemp("run"))


def rows_of(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Rows by their short name."""
    return {row["id"].split("/")[-1][:-2]: row for row in manifest.table().to_pylist()}


def reasons(manifest: Manifest) -> dict[str, str]:
    return {name: row["reason"] for name, row in rows_of(manifest).items() if row["reason"]}


def test_every_fault_of_form_is_dropped_for_its_own_reason(run):
    assert reasons(run) == RULES
    assert run.rows == {"in": len(ROWS), "kept": 5, "dropped": 4, "failed": 0}


def test_dropped_rows_have_scores_too(run):
    for name, row in rows_of(run).items():
        assert row["rouge_score"] is not None and row["reward"] is not None, name
        assert (row["sts_similarity"] is not None) == (row["task"] in ("caption", "change_caption")), name
        assert (row["nli_similarity"] is not None) == (row["task"] == "vqa"), name
        assert (row["paragraph_clip_scores"] is not None) == (row["task"] == "caption"), name


def test_pictures_and_what_comes_of_them_stay_out_of_the_shards(run):
    assert "image_bytes" not in run.schema
    assert len(rows_of(run)["two"]["paragraph_clip_scores"]) == 2


def test_other_limits_give_what_a_run_with_them_would(run, tmp_path):
    scores = rows_of(run)["two"]["paragraph_clip_scores"]
    limits = Limits(min_clip_score=max(scores))
    again = filter_again(run.path, tmp_path / "again", limits)
    row = rows_of(again)["two"]
    place = scores.index(max(scores))
    assert row["response"] == TWO.split("\n\n")[place]
    assert row["response_unrepaired"] == TWO
    assert [paragraph["text"] for paragraph in row["filtered_paragraphs"]] == [TWO.split("\n\n")[1 - place]]
    assert again.rows["in"] == len(ROWS) and reasons(again) == RULES


def test_deciding_again_with_the_old_limits_gives_the_old_rows(run, tmp_path):
    strict = filter_again(run.path, tmp_path / "strict", Limits(min_sts=1.1, min_clip_score=101.0))
    assert reasons(strict)["good"] == "low_similarity"
    back = filter_again(strict.path, tmp_path / "back", OPEN)
    assert rows_of(back) == rows_of(run)
    assert back.config["filtering"] == run.config["filtering"]


def test_each_limit_drops_by_its_own_reason_with_figure_and_limit(run, tmp_path):
    lost = filter_again(
        run.path, tmp_path / "lost", Limits(min_clip_score=101.0, max_contradiction_lead=-1e6)
    )
    found = rows_of(lost)
    assert found["two"]["reason"] == "no_paragraph_left"
    assert found["good"]["reason"] is None  # a single paragraph is not judged
    assert found["answer"]["reason"] == "contradiction"
    assert found["answer"]["threshold"] == -1e6 < found["answer"]["score"]
    single = filter_again(
        run.path, tmp_path / "single", Limits(min_clip_score=101.0, judge_single_paragraph=True)
    )
    assert rows_of(single)["good"]["reason"] == "no_paragraph_left"


def test_the_verb_decides_again_and_says_what_it_did(run, tmp_path, capsys):
    flags = ["filter", str(run.path), "--out", str(tmp_path / "verb"), "--from-scores"]
    assert main([*flags, "--max-words", "3"]) == 0
    assert "too_long" in capsys.readouterr().out
    assert (
        json.loads((tmp_path / "verb/manifest.json").read_text())["config"]["filtering"]["limits"][
            "max_words"
        ]
        == 3
    )
    assert main([*flags, "--max-words", "3"]) == 2
    assert "holds a run already" in capsys.readouterr().err


def test_rows_that_were_never_scored_cannot_be_decided_on(run, tmp_path, capsys):
    from pipelines.recipes.ingest import ingest_rows

    plain = ingest_rows(Rewritten(tmp_path / "pictures"), tmp_path / "plain")
    assert main(["filter", str(plain.path), "--out", str(tmp_path / "x"), "--from-scores"]) == 2
    assert "holds no scores" in capsys.readouterr().err
    assert main(["filter", str(run.path), "--out", str(tmp_path / "y")]) == 2
    assert "scored already" in capsys.readouterr().err


def test_a_lost_picture_costs_its_row_alone_and_left_out_scores_their_columns(tmp_path):
    scores = tiny_scores(tmp_path / "models")
    scores = ScoreFlags(clip=scores.clip, without=("sts", "nli", "reward"))
    rows = Rewritten(tmp_path / "pictures", lost_picture=True)
    pipeline = filtering_pipeline(rows, tmp_path / "out", limits=OPEN, scores=scores)
    manifest = run_pipeline(pipeline, RunOptions(max_failed=0.2))
    assert manifest.reasons["failed"] == {"missing_image": 1}
    assert reasons(manifest) == {**RULES, "two": "missing_image"}
    assert not {"sts_similarity", "nli_similarity", "reward"} & set(manifest.schema)
    assert rows_of(manifest)["good"]["paragraph_clip_scores"] is not None


def test_given_limits_win_over_standard_ones():
    standard = standard_limits()
    assert standard.changed(Limits(min_sts=0.5)) == {**standard, "min_sts": 0.5}
    assert (standard["min_sts"], standard["min_clip_score"]) == (0.40, 17.0)
