"""Pocket models at miniature scale: they train, lie where they are looked for, and go on when killed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from miniature_home import TINY

from actors.models.weights.pocket import ROLES, content_hash, pocket_folder, pocket_place
from trainers.pocket.figures import read_figures
from trainers.pocket.verb import make, print_figures


def test_every_model_loads_where_the_pipelines_load_it(pocket_models: Path) -> None:
    from actors.models.flamingo.store import load_flamingo
    from actors.models.judges.clip import ClipModel
    from actors.models.judges.pair_classifier import NliModel, RewardModel

    folders = {role: pocket_place(role, TINY, root=pocket_models) for role in ROLES}
    assert ClipModel(str(folders["clip"])).embed_texts(["a red ring", "a cat"]).shape == (2, 32)
    assert NliModel(str(folders["nli"])).logits([("a", "b")]).shape == (1, 3)
    assert RewardModel(str(folders["reward"])).score([("a", "b")]).shape == (1,)
    flamingo = load_flamingo(folders["flamingo"], dtype="float32", device="cpu")
    assert flamingo.transform.size == 64 and flamingo.transform.mean == (0.5, 0.5, 0.5)


def test_figures_and_thresholds_lie_beside_the_weights(
    pocket_models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for role in ("clip", "language", "nli", "reward", "flamingo"):
        figures, seconds = read_figures(pocket_place(role, TINY, root=pocket_models) / "figures.json")
        assert figures and seconds > 0
        assert all(0 <= item.low <= item.value <= item.high <= 1 for item in figures)
    for role, name in (("clip", "min_clip_score"), ("nli", "max_contradiction_lead")):
        assert list(
            json.loads((pocket_place(role, TINY, root=pocket_models) / "thresholds.json").read_text())
        ) == [name]
    print_figures(("clip",), TINY, root=pocket_models)
    assert "R@1 of 32" in capsys.readouterr().out


def test_a_finished_model_is_not_trained_again(pocket_models: Path) -> None:
    weights = pocket_place("nli", TINY, root=pocket_models) / "model.safetensors"
    before = weights.stat().st_mtime_ns
    make("nli", TINY, root=pocket_models)
    assert weights.stat().st_mtime_ns == before
    assert not list(pocket_models.rglob("*.training.pt*"))


def test_the_place_depends_on_what_decides_the_weights_and_on_nothing_else() -> None:
    longer = replace(TINY, clip=replace(TINY.clip, steps=4))
    changed = {role for role in ROLES if content_hash(role, longer) != content_hash(role, TINY)}
    assert changed == {"clip", "flamingo"}
    assert all(content_hash(role, replace(TINY, seed=1)) != content_hash(role, TINY) for role in ROLES)


def test_a_model_that_is_not_there_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="python -m trainers pocket"):
        pocket_folder("clip", root=tmp_path)
    with pytest.raises(ValueError, match="no pocket model for 'blip'"):
        pocket_folder("blip", root=tmp_path)
