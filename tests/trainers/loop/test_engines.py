from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from trainers.loop.engines import (
    EngineSettings,
    PlainEngine,
    deepspeed_settings,
    set_rates,
    sum_over_workers,
    wait_for_all,
)
from trainers.loop.trainee import Place
from trainers.rewriter.presets import POCKET_REWRITER

SETTINGS = replace(POCKET_REWRITER, precision="fp32", max_grad_norm=0.0, learning_rate=0.1)


class Line(nn.Module):
    """Half a squared error; `still` does not train."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.moving = nn.Parameter(torch.tensor([1.0, 2.0], dtype=dtype))
        self.still = nn.Parameter(torch.tensor([3.0], dtype=dtype), requires_grad=False)

    def forward(self, batch: Tensor) -> Tensor:
        return (0.5 * (self.moving.float() - batch) ** 2).sum() + self.still.float().sum()


def step(engine: PlainEngine, target: float = 0.0, rate: float = 0.1) -> float:
    engine.backward(engine.loss(torch.full((2,), target)), last=True)
    return engine.step(rate)


def test_the_norm_is_that_of_the_gradient_before_it_is_cut() -> None:
    for limit in (0.0, 0.5):
        assert step(PlainEngine(Line(), replace(SETTINGS, max_grad_norm=limit))) == pytest.approx(5**0.5)


def test_a_longer_gradient_is_cut_to_the_limit() -> None:
    def plain_descent(parameters: Mapping[str, Tensor], settings: EngineSettings) -> torch.optim.Optimizer:
        return torch.optim.SGD(list(parameters.values()), lr=1.0)

    line = Line()
    step(PlainEngine(line, replace(SETTINGS, max_grad_norm=0.5), optimizer=plain_descent), rate=1.0)
    moved = torch.tensor([1.0, 2.0]) - line.moving.detach()
    assert moved.norm() == pytest.approx(0.5)


def test_only_parameters_that_require_gradients_are_held() -> None:
    engine = PlainEngine(Line(), SETTINGS)
    step(engine)
    assert engine.trained_names() == ["moving"] == list(engine.trained())
    assert engine.module.still.item() == 3.0  # type: ignore[union-attr, operator]


def test_steps_too_small_for_bf16_add_up_in_float32() -> None:
    engine = PlainEngine(Line(torch.bfloat16), SETTINGS)
    for _ in range(40):
        step(engine, rate=1e-4)
    assert engine.copies["moving"][0] == pytest.approx(1.0 - 40e-4, abs=1e-4)
    assert float(engine.trained()["moving"][0]) < 1.0  # one step alone would round back to 1


def test_gradients_of_several_micro_batches_are_added() -> None:
    once, twice = PlainEngine(Line(), SETTINGS), PlainEngine(Line(), SETTINGS)
    for _ in range(2):
        twice.backward(twice.loss(torch.zeros(2)) / 2, last=False)
    assert twice.step(0.1) == pytest.approx(step(once))
    assert torch.equal(once.trained()["moving"], twice.trained()["moving"])


def test_a_loaded_engine_goes_on_as_the_saved_one(tmp_path: Path) -> None:
    engine, again = PlainEngine(Line(), SETTINGS), PlainEngine(Line(), SETTINGS)
    step(engine)
    engine.save(tmp_path)
    again.load(tmp_path)
    for one in (engine, again):
        step(one, target=5.0)
    assert torch.equal(engine.trained()["moving"], again.trained()["moving"])
    assert torch.equal(again.module.moving, again.copies["moving"])  # type: ignore[arg-type]


def test_a_rate_is_every_groups_or_one_for_each() -> None:
    weights = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    optimizer = torch.optim.SGD([{"params": [one]} for one in weights], lr=1.0)
    set_rates(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.5]
    set_rates(optimizer, [0.1, 0.2])
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.2]
    with pytest.raises(ValueError, match="argument"):
        set_rates(optimizer, [0.1])


@pytest.mark.parametrize("zero", [0, 1, 2, 3])
def test_deepspeed_is_told_stage_precision_clipping_and_counts(zero: int) -> None:
    settings = replace(POCKET_REWRITER, precision="bf16", zero=zero, max_grad_norm=0.7)
    config = deepspeed_settings(settings, Place(0, 3), most_micro_batches=5)
    assert config["zero_optimization"]["stage"] == zero
    assert (config["gradient_accumulation_steps"], config["train_batch_size"]) == (5, 15)
    assert config["gradient_clipping"] == 0.7 and config["bf16"] == {"enabled": True}


def test_one_process_alone_has_nothing_to_sum_and_nobody_to_wait_for() -> None:
    values = torch.tensor([1.0, 2.0])
    assert sum_over_workers(values) is values
    wait_for_all()
