from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from actors.models.blip.lavis_checkpoint import load_lavis_blip2
from actors.models.blip.lavis_config import read_lavis_config


def load(checkpoint: str | Path):
    return load_lavis_blip2(str(checkpoint), dtype=torch.float32, device="cpu")


@pytest.fixture
def folder(lavis_folder, tmp_path: Path) -> Path:
    return shutil.copytree(lavis_folder("blip2_opt"), tmp_path / "copy of it")


def change(folder: Path, **values: object) -> None:
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": {**config["model"], **values}}))


def test_a_checkpoint_of_the_published_kind_gives_the_same_model(folder):
    weights = load_file(folder / "model.safetensors")
    torch.save({"model": weights}, folder / "checkpoint.pth")
    change(folder, weights="checkpoint.pth")
    state = load(folder).model.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in weights.items())


def test_a_file_that_runs_code_is_not_loaded(folder):
    torch.save({"model": {"x": Path("/")}}, folder / "checkpoint.pth")
    change(folder, weights="checkpoint.pth")
    with pytest.raises(ValueError, match="(?s)cannot load .* [Ww]eights.only"):
        load(folder)


def test_weights_of_another_size_or_architecture_are_refused(folder):
    change(folder, num_query_token=5)
    with pytest.raises(ValueError, match=r"(?s)cannot load .*size mismatch for query_tokens"):
        load(folder)
    change(folder, arch="blip2_image_text_matching", num_query_token=4)
    with pytest.raises(ValueError, match=r"does not fit blip2_image_text_matching: \d+ weights are missing"):
        load(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"arch": "blip3"}, "arch 'blip3'; expected one of blip2_opt"),
        ({"weights": "absent.pth"}, "weights 'absent.pth', which is not beside it"),
        ({"arch": "blip2_t5"}, r"lacks \['t5_model'\]"),
    ],
)
def test_a_configuration_that_cannot_work_says_why(folder, values, message):
    change(folder, **values)
    with pytest.raises(ValueError, match=message):
        read_lavis_config(folder)


def test_a_folder_without_configuration_and_unknown_names_say_what_is_expected(tmp_path):
    with pytest.raises(ValueError, match=r"no config.yaml; expected .* lavis:blip2_opt/pretrain_opt2.7b"):
        load(tmp_path)
    with pytest.raises(ValueError, match="no model type 'opt66b'; expected one of .*pretrain_opt2.7b"):
        load("lavis:blip2_opt/opt66b")
    with pytest.raises(ValueError, match="unknown LAVIS architecture 'blip9'"):
        load("lavis:blip9/x")


def test_a_model_that_only_matches_is_refused_as_an_annotator(lavis_folder):
    from actors.models.blip.lavis_generator import Blip2LavisGenerator
    from actors.models.catalog.annotators import check_annotator, find_annotator

    folder = str(lavis_folder("blip2_image_text_matching"))
    with pytest.raises(ValueError, match="writes no text; as an annotator use one of blip2_opt, blip2_t5"):
        check_annotator(find_annotator(folder))
    with pytest.raises(ValueError, match="writes no text"):
        Blip2LavisGenerator(folder)
    check_annotator(find_annotator(str(lavis_folder("blip2_opt"))))
