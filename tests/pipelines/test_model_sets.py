from __future__ import annotations

import pytest

from pipelines.model_sets import MODEL_SETS, load_model_set, resolve_model


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
