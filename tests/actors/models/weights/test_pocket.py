from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from actors.models.weights.pocket import (
    ROLES,
    ClipRecipe,
    PocketRecipe,
    content_hash,
    pocket_folder,
    pocket_place,
    pocket_thresholds,
)


def trained(root: Path, role: str) -> Path:
    folder = pocket_place(role, root=root)
    folder.mkdir(parents=True)
    (folder / "figures.json").write_text(json.dumps({"accuracy": 0.9}))
    return folder


def test_what_a_model_is_made_from_decides_its_place() -> None:
    usual, smaller = PocketRecipe(), PocketRecipe(clip=ClipRecipe(layers=2))
    changed = {role for role in ROLES if content_hash(role, usual) != content_hash(role, smaller)}
    assert changed == {"clip", "flamingo"}
    assert all(content_hash(role, replace(usual, seed=1)) != content_hash(role, usual) for role in ROLES)
    assert len({content_hash(role) for role in ROLES}) == len(ROLES)


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ValueError, match="no pocket model for 'blip'; expected one of"):
        content_hash("blip")


def test_an_untrained_model_says_how_it_is_trained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'clip' is not trained yet; run `python -m trainers pocket`"):
        pocket_folder("clip", root=tmp_path)
    folder = trained(tmp_path, "clip")
    assert pocket_folder("clip", root=tmp_path) == folder
    assert folder == tmp_path / "models/pocket" / content_hash("clip") / "clip"


def test_thresholds_are_what_training_wrote(tmp_path: Path) -> None:
    folder = trained(tmp_path, "nli")
    with pytest.raises(ValueError, match="'nli' has no thresholds; expected clip, nli or sts"):
        pocket_thresholds("nli", root=tmp_path)
    (folder / "thresholds.json").write_text('{"max_contradiction": 0.5}')
    assert pocket_thresholds("nli", root=tmp_path) == {"max_contradiction": 0.5}
