"""Pocket models at miniature scale: they train, lie where they are looked for, and go on when killed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from miniature_home import TINY

from actors.models.weights.pocket import (
    ROLES,
    SCENES,
    content_hash,
    pocket_folder,
    pocket_place,
)
from pipelines.sources.scenes.source import Scenes
from trainers.pocket.figures import Figure, mean, read_figures, share
from trainers.pocket.scenes import scenes_digest
from trainers.pocket.verb import make, print_figures


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with every tiny model but sts, whose model comes out of a package."""
    folder = tmp_path_factory.mktemp("pocket")
    for role in ROLES:
        if role != "sts":
            make(role, TINY, root=folder)
    return folder


def test_every_model_loads_where_the_pipelines_load_it(root: Path) -> None:
    from actors.models.flamingo.store import load_flamingo
    from actors.models.judges.clip import ClipModel
    from actors.models.judges.nli import NliModel
    from actors.models.judges.reward import RewardModel

    folders = {role: pocket_place(role, TINY, root=root) for role in ROLES}
    assert ClipModel(str(folders["clip"])).embed_texts(["a red ring", "a cat"]).shape == (2, 32)
    assert NliModel(str(folders["nli"])).logits([("a", "b")]).shape == (1, 3)
    assert RewardModel(str(folders["reward"])).score([("a", "b")]).shape == (1,)
    flamingo = load_flamingo(folders["flamingo"], dtype="float32", device="cpu")
    assert flamingo.transform.size == 64 and flamingo.transform.mean == (0.5, 0.5, 0.5)


def test_figures_and_thresholds_lie_beside_the_weights(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for role in ("clip", "language", "nli", "reward", "flamingo"):
        figures, seconds = read_figures(pocket_place(role, TINY, root=root) / "figures.json")
        assert figures and seconds > 0
        assert all(0 <= item.low <= item.value <= item.high <= 1 for item in figures)
    for role, name in (("clip", "min_clip_score"), ("nli", "max_contradiction_lead")):
        assert list(json.loads((pocket_place(role, TINY, root=root) / "thresholds.json").read_text())) == [
            name
        ]
    print_figures(("clip",), TINY, root=root)
    assert "R@1 of 32" in capsys.readouterr().out


def test_a_finished_model_is_not_trained_again(root: Path) -> None:
    weights = pocket_place("nli", TINY, root=root) / "model.safetensors"
    before = weights.stat().st_mtime_ns
    make("nli", TINY, root=root)
    assert weights.stat().st_mtime_ns == before
    assert not list(root.rglob("*.training.pt*"))


def test_the_place_depends_on_what_decides_the_weights_and_on_nothing_else() -> None:
    longer = replace(TINY, clip=replace(TINY.clip, steps=4))
    changed = {role for role in ROLES if content_hash(role, longer) != content_hash(role, TINY)}
    assert changed == {"clip", "flamingo"}
    assert all(content_hash(role, replace(TINY, seed=1)) != content_hash(role, TINY) for role in ROLES)


def test_the_recipe_names_the_scenes_it_was_made_for() -> None:
    """When words or pictures of the source change, SCENES follows, so that models are trained anew."""
    assert scenes_digest() == SCENES


def test_a_model_that_is_not_there_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="python -m trainers pocket"):
        pocket_folder("clip", root=tmp_path)
    with pytest.raises(ValueError, match="no pocket model for 'blip'"):
        pocket_folder("blip", root=tmp_path)


def test_intervals_hold_the_value_and_tell_whether_a_baseline_is_beaten() -> None:
    figure = share("x", [True] * 90 + [False] * 10, 0.5, "chance")
    assert (figure.value, round(figure.low, 3), round(figure.high, 3)) == (0.9, 0.826, 0.945)
    assert figure.beats_baseline and not share("x", [True, False], 0.5, "chance").beats_baseline
    spread: Figure = mean("x", [1.0, 2.0, 3.0], 0.0, "nothing")
    assert spread.low < 2.0 < spread.high


def test_scenes_of_training_and_measuring_are_apart() -> None:
    keys = [{Scenes(split=split).scene(i).key() for i in range(200)} for split in ("train", "test")]
    assert not keys[0] & keys[1]
