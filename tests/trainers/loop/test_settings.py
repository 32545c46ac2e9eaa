from __future__ import annotations

from dataclasses import replace

import pytest
import tyro

from trainers.loop.settings import TrainingSettings, learning_rate_at, preset_in, with_preset
from trainers.rewriter.presets import PAPER_REWRITER, POCKET_REWRITER, REWRITER_PRESETS


def parsed(*arguments: str) -> TrainingSettings:
    """The settings of a verb that is called with these arguments."""

    def verb(*, preset: str = "pocket", training: TrainingSettings | None = None) -> TrainingSettings:
        assert training is not None
        return training

    flagged = with_preset(verb, REWRITER_PRESETS[preset_in(arguments, REWRITER_PRESETS, "pocket")])
    return tyro.cli(flagged, args=list(arguments))


def test_flags_change_the_preset_and_nothing_else() -> None:
    assert parsed() == POCKET_REWRITER
    assert parsed("--preset", "paper", "--lora-rank", "8") == replace(PAPER_REWRITER, lora_rank=8)
    assert parsed("--activation-checkpointing", "True", "--rows", "None") == replace(
        POCKET_REWRITER, activation_checkpointing=True, rows=None
    )


def test_the_last_preset_counts_and_an_unknown_one_is_left_to_the_parser() -> None:
    assert preset_in(["--preset", "paper", "--preset=pocket"], REWRITER_PRESETS, "paper") == "pocket"
    assert preset_in(["--preset", "papier"], REWRITER_PRESETS, "pocket") == "pocket"
    assert preset_in(["--preset"], REWRITER_PRESETS, "pocket") == "pocket"


def test_what_moves_is_the_trainers_to_say_and_no_flag() -> None:
    for flag in ("--moves", "--weight-decay"):
        with pytest.raises(SystemExit):
            parsed(flag, "connector" if flag == "--moves" else "0.1")


@pytest.mark.parametrize(
    "changes", [{"epochs": 0}, {"rows": 0}, {"lora_rank": 0}, {"checkpoint_every": 0}, {"learning_rate": 0.0}]
)
def test_numbers_that_cannot_be_are_named(changes: dict[str, float]) -> None:
    (name,) = changes
    with pytest.raises(ValueError, match=f"{name} is 0"):
        replace(POCKET_REWRITER, **changes).check()
    replace(POCKET_REWRITER, rows=None).check()


def test_the_rate_rises_straight_and_falls_along_a_cosine_to_a_tenth() -> None:
    settings = replace(POCKET_REWRITER, learning_rate=1.0, warmup_steps=10)
    rates = [learning_rate_at(step, 100, settings) for step in range(100)]
    assert rates[:2] == [0.1, 0.2] and rates[9] == rates[10] == 1.0
    assert rates[55] == pytest.approx(0.55) and 0.1 < rates[99] < 0.102
    flat = replace(settings, schedule="constant")
    assert {learning_rate_at(step, 100, flat) for step in range(10, 100)} == {1.0}


def test_a_warm_up_longer_than_the_training_is_cut_to_half_of_it() -> None:
    settings = replace(POCKET_REWRITER, learning_rate=1.0, warmup_steps=1000)
    assert learning_rate_at(49, 100, settings) == 1.0 and learning_rate_at(24, 100, settings) == 0.5
