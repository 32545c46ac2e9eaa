from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipelines.command_line.flags import read_flags
from trainers.mmbt.settings import MMBT, MMF, POCKET, MmbtSettings, settings_from
from trainers.mmbt.verb import mmbt_flags


def parsed(*flags: str) -> MmbtSettings:
    """The settings of `trainers mmbt` when it is called with these flags."""
    arguments = ["data", "--out", "out", *flags]
    call: Any = read_flags(mmbt_flags(arguments), arguments, "mmbt")
    settings: MmbtSettings = call.keywords["training"]
    return settings


def test_flags_change_the_preset_and_nothing_else() -> None:
    assert parsed() == POCKET
    assert parsed("--preset", "mmbt") == MMBT
    assert parsed("--seed", "3", "--preset=mmf") == replace(MMF, seed=3)
    assert parsed("--autocast", "False", "--class-weights", "True", "--max-steps", "9") == replace(
        POCKET, autocast=False, class_weights=True, max_steps=9
    )


def test_every_setting_is_a_flag() -> None:
    given = [word for name in vars(POCKET) for word in (f"--{name.replace('_', '-')}", str(vars(MMF)[name]))]
    assert parsed(*given) == MMF


def test_what_a_setting_is_called_in_run_folders_stays() -> None:
    """Runs of earlier versions go on by these names."""
    assert list(vars(POCKET)) == [
        "image_model", "text_model", "image_tokens", "max_text_tokens", "learning_rate", "eps", "warmup",
        "batch_size", "micro_batch_size", "epochs", "patience", "stop_on_single", "stop_on_multi",
        "max_steps", "freeze_image", "freeze_text", "freeze_words", "plateau_factor", "plateau_patience",
        "weight_decay", "max_grad_norm", "dropout", "class_weights", "held_out", "autocast", "zero",
        "checkpoint_s", "seed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"freeze_text": -2}, "-1 for all"),
        ({"held_out": 1.0}, "held_out is 1.0"),
        ({"plateau_factor": 0.0}, "plateau_factor is 0.0"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"max_grad_norm": -1.0}, "max_grad_norm is -1.0, expected 0 or more"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"weight_decay": -0.01}, "weight_decay is -0.01"),
        ({"warmup": -1.0}, "warmup is -1.0"),
        ({"warmup": float("nan")}, "warmup is nan"),
        ({"plateau_patience": -1}, "plateau_patience is -1"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
    ],
)
def test_numbers_that_cannot_be_are_named(flags: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(POCKET, **flags).check()


def test_settings_of_a_file_are_flags_in_any_spelling() -> None:
    assert settings_from({"preset": "mmbt", "--freeze-text": 1, "batch_size": 8}, "x") == replace(
        MMBT, freeze_text=1, batch_size=8
    )
    with pytest.raises(ValueError, match="did you mean 'learning_rate'"):
        settings_from({"learning-rat": 1.0}, "x")
    with pytest.raises(ValueError, match="epochs is '3'"):
        settings_from({"epochs": "3"}, "x")
    with pytest.raises(ValueError, match="preset is 'big'"):
        settings_from({"preset": "big"}, "x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"stop_on_single": "acuracy"},
            "stop_on_single is 'acuracy', expected one of 'accuracy', 'micro_f1'",
        ),
        ({"image_tokens": 12}, "image_tokens is 12, expected one of 1, 2"),
        ({"image_tokens": True}, "image_tokens is True"),
        ({"zero": 7}, "zero is 7, expected one of 0, 1, 2"),
        ({"max_steps": True}, "max_steps is True, expected a whole number"),
        ({"epochs": 2.0}, "epochs is 2.0, expected a whole number"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast', expected a number"),
        ({"class_weights": 1}, "class_weights is 1, expected true or false"),
        ({"text_model": 3}, "text_model is 3, expected text"),
    ],
)
def test_settings_of_a_file_are_held_to_what_the_flag_takes(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        settings_from(values, "x")


def test_whole_numbers_may_stand_for_others_and_null_for_the_presets_value() -> None:
    found = settings_from({"learning_rate": 1, "max_steps": 3, "dropout": None, "class_weights": True}, "x")
    assert found == replace(POCKET, learning_rate=1, max_steps=3, class_weights=True)
