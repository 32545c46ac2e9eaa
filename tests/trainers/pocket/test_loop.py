"""A killed training ends with the weights of one that was never killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from trainers.pocket.loop import Fit, fit, rate


class Killed(RuntimeError):
    pass


def train(checkpoint: Path | None, *, die_at: int | None = None) -> torch.Tensor:
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 1)

    def loss(step: int) -> Any:
        if step == die_at:
            raise Killed
        inputs = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        return (layer(inputs)[:, 0] - inputs.sum(-1)).square().mean()

    fit(list(layer.parameters()), loss, Fit("line", 30, 0.05, checkpoint=checkpoint, checkpoint_s=0.0))
    return layer.weight.detach()


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    checkpoint = tmp_path / "line.training.pt"
    with pytest.raises(Killed):
        train(checkpoint, die_at=17)
    assert checkpoint.is_file()
    assert torch.equal(train(checkpoint), train(None))
    assert torch.equal(train(checkpoint, die_at=0), train(None))  # finished: no step is run again


def test_the_rate_rises_and_falls() -> None:
    rates = [rate(step, 100) for step in range(100)]
    assert max(rates) == 1.0 and rates[0] < 0.1 and rates[-1] < 0.06
