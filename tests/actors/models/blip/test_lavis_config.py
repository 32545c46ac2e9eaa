from __future__ import annotations

from pathlib import Path

import pytest

from actors.models.blip.lavis_config import check_generates, read_lavis_config

WHOLE = "arch: blip2_opt, weights: w.pth, image_size: 224, num_query_token: 32, bert: bert, opt_model: opt"


def write(folder: Path, section: str) -> Path:
    (folder / "w.pth").touch()
    (folder / "bert").mkdir(exist_ok=True)
    (folder / "opt").mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(section)
    return folder


def test_the_model_section_is_what_comes_back(tmp_path: Path) -> None:
    config = read_lavis_config(write(tmp_path, f"model: {{{WHOLE}}}\nrun: {{seed: 1}}"))
    assert config["arch"] == "blip2_opt" and config["num_query_token"] == 32
    assert "run" not in config


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (f"model: {{{WHOLE.replace('blip2_opt', 'blip3')}}}", "has arch 'blip3'; expected one of blip2_opt"),
        (
            f"model: {{{WHOLE.replace('blip2_opt', 'blip2_t5')}}}",
            r"lacks \['t5_model'\] in its section",
        ),
        (f"model: {{{WHOLE.replace('w.pth', 'v.pth')}}}", "names weights 'v.pth', which is not beside it"),
        ("model: [", "cannot be read as YAML"),
        ("", "has arch None"),
    ],
)
def test_what_cannot_be_loaded_is_named(tmp_path: Path, section: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_lavis_config(write(tmp_path, section))


def test_a_folder_without_configuration_is_told_the_other_way(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no config.yaml; .* lavis:blip2_opt/pretrain_opt2.7b"):
        read_lavis_config(tmp_path)


def test_a_model_that_only_matches_writes_nothing() -> None:
    check_generates("blip2_t5")
    with pytest.raises(ValueError, match="writes no text; as an annotator use one of blip2_opt, blip2_t5$"):
        check_generates("blip2_image_text_matching")
