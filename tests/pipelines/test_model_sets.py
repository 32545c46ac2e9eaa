from __future__ import annotations

import pytest

from pipelines.model_sets import (
    MODEL_SETS,
    is_pocket_folder,
    load_model_set,
    resolve_model,
    scoring_models,
    short_name,
)  # fmt: skip


def test_the_sets_name_every_role_of_the_papers():
    paper, pocket = MODEL_SETS["paper"], MODEL_SETS["pocket"]
    assert paper.clip == "ViT-L-14-336/openai"
    assert paper.nli == "cross-encoder/nli-deberta-v3-base"
    assert (paper.set_ranking, pocket.set_ranking) == ("yes_no", "likelihood")
    assert {pocket.rewriter, pocket.sts, pocket.clip, pocket.nli, pocket.reward} == {"pocket"}


def test_a_file_changes_one_role_and_keeps_the_rest(tmp_path):
    (tmp_path / "mine.yaml").write_text("base: pocket\nclip: my/folder\n")
    mine = load_model_set(str(tmp_path / "mine.yaml"))
    assert (mine.clip, mine.nli) == ("my/folder", "pocket")


def test_names_and_folders_pass_through():
    assert resolve_model("nli", "cross-encoder/nli-deberta-v3-base") == "cross-encoder/nli-deberta-v3-base"
    assert resolve_model("clip", "ViT-L-14-336/openai") == "ViT-L-14-336/openai"


def test_a_role_without_a_pocket_model_says_so():
    with pytest.raises(ValueError, match="no pocket model for the role 'distorter'"):
        resolve_model("distorter", "pocket")


def test_a_pocket_model_is_known_by_its_folder_and_not_by_a_name_that_holds_the_word():
    assert is_pocket_folder("/home/me/.cache/etiquette/models/pocket/1f2e/nli")
    assert not any(map(is_pocket_folder, ("org/pocket", "/data/pocket/nli", "/pocket/a/b/c", "pocket")))


def test_models_that_scored_a_run_are_named_by_role_and_folders_are_short():
    config = {"filtering": {"scoring": {"sts": "org/mpnet", "clip": None, "nli": "/a/b/c/nli"}}}
    named = {role: short_name(model) for role, model in scoring_models(config).items()}
    assert named == {"sts": "org/mpnet", "nli": "c/nli"}
    assert scoring_models({}) == scoring_models({"filtering": None}) == {}
