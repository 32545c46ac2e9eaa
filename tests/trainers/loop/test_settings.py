from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipelines.command_line.flags import read_flags
from trainers.loop.settings import TrainingSettings, computes_bf16, learning_rate_at
from trainers.rewriter.presets import PAPER_REWRITER, POCKET_REWRITER
from trainers.rewriter.verb import rewriter_flags


def parsed(*flags: str) -> TrainingSettings:
    """The settings of `trainers rewriter` when it is called with these flags."""
    arguments = ["data", "--out", "out", *flags]
    call: Any = read_flags(rewriter_flags(arguments), arguments, "rewriter")
    settings: TrainingSettings = call.keywords["training"]
    return settings


def test_flags_change_the_preset_and_nothing_else() -> None:
    assert parsed() == POCKET_REWRITER
    assert parsed("--preset", "paper", "--lora-rank", "8") == replace(PAPER_REWRITER, lora_rank=8)
    assert parsed("--activation-checkpointing", "True", "--rows", "None") == replace(
        POCKET_REWRITER, activation_checkpointing=True, rows=None
    )


def test_the_last_preset_counts_and_an_unknown_one_is_refused() -> None:
    assert parsed("--preset", "paper", "--preset=pocket") == POCKET_REWRITER
    with pytest.raises(ValueError, match="'papier', expected one of paper, pocket"):
        parsed("--preset", "papier")


def test_what_moves_is_the_trainers_to_say_and_no_flag() -> None:
    for flag in ("--moves", "--weight-decay"):
        with pytest.raises(ValueError, match=f"there is no flag {flag}"):
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


@pytest.mark.parametrize(
    ("line", "has"),
    [
        ("flags : fpu avx512f avx512_bf16 vnni", True),
        ("flags : fpu amx_bf16 amx_tile", True),
        ("Features : fp asimd bf16 i8mm", True),
        ("flags : fpu avx2 avx512f avx512_vnni", False),
        (None, False),
    ],
)
def test_bf16_is_computed_where_the_processor_has_it(line, has, tmp_path):
    if line:
        (tmp_path / "cpuinfo").write_text(f"processor : 0\n{line}\n")
    assert computes_bf16(tmp_path / "cpuinfo") == has
