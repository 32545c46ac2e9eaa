"""GRID.json, and every mistake in it by its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmbt_grids import trainable_grid

from trainers.mmbt.grid.grid_file import read_grid
from trainers.mmbt.settings import POCKET


def test_a_grid_is_read_with_paths_from_its_own_folder(tmp_path: Path) -> None:
    grid = read_grid(trainable_grid(tmp_path, settings={"seed": 0, "preset": "pocket"}))
    assert grid.train == (tmp_path / "train",) and grid.dev is None and not grid.keep_models
    assert (
        grid.settings.image_model == POCKET.image_model and grid.runs[1].labels == tmp_path / "model.parquet"
    )
    assert grid.runs[1].folder == Path("model/seed-0")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trian": []}, "no key 'trian'; did you mean 'train'"),
        ({"train": []}, r"train is \[\], expected a list of folders"),
        ({"dev": 3}, "dev is 3, expected a str"),
        ({"settings": {"epoch": 3}}, "no setting 'epoch'; did you mean 'epochs'"),
        ({"settings": {"epochs": 0}}, "epochs is 0"),
        ({"settings": {"seed": 3}}, "seed is 3, which a grid does not follow: give every run its own"),
        ({"settings": {"zero": 1}}, "zero is 1, which a grid does not follow"),
        ({"settings": {"checkpoint-s": 5}}, "checkpoint_s is 5, which a grid does not follow"),
        ({"runs": []}, "has no runs"),
        ({"runs": ["human"]}, r"runs\[0\] is 'human', expected an object"),
        ({"runs": [{"name": "../x"}]}, r"runs\[0\]: name is '../x'"),
        ({"runs": [{"name": "a", "seed": True}]}, "seed is True"),
        ({"runs": [{"name": "a", "labels": "gone.parquet"}]}, "there is no label table"),
        ({"runs": [{"name": "a"}, {"name": "a"}]}, r"runs\[1\] is 'a' with seed 0 again"),
    ],
)
def test_mistakes_in_a_grid_are_named_with_their_place(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read_grid(trainable_grid(tmp_path, **changes))


def test_a_file_that_is_no_grid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no grid"):
        read_grid(tmp_path / "grid.json")
    (tmp_path / "grid.json").write_text("[1")
    with pytest.raises(ValueError, match="is not JSON"):
        read_grid(tmp_path / "grid.json")
    (tmp_path / "grid.json").write_text("[]")
    with pytest.raises(ValueError, match="holds a list"):
        read_grid(tmp_path / "grid.json")
