"""MMBT's loop on DeepSpeed's engine, one worker in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from mmbt_sets import build_convolution, small_run, small_settings
from safetensors.torch import load_file

from trainers.loop.trainee import Place
from trainers.mmbt.course import part_of
from trainers.mmbt.loop import train
from trainers.mmbt.prepared import read_prepared
from trainers.mmbt.run import MmbtRun


@pytest.fixture(autouse=True, scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A process group of this process alone, so that the loop takes DeepSpeed's engine."""
    store = tmp_path_factory.mktemp("group") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_RANK", "0")
        torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=0, world_size=1)
        yield
        torch.distributed.destroy_process_group()


def losses(run: MmbtRun) -> list[float]:
    return [json.loads(line)["train_loss"] for line in run.metrics.read_text().splitlines()]


@pytest.mark.parametrize("zero", [0, 1, 2])
def test_every_stage_learns_and_thaws_parts_in_their_epochs(tmp_path: Path, zero: int) -> None:
    settings = small_settings(
        tmp_path, zero=zero, epochs=3, freeze_text=1, freeze_image=2, freeze_words=-1, stop_on_single="loss"
    )
    first = small_run(tmp_path, tmp_path / "first", replace(settings, epochs=1))
    train(first, Place())
    whole = small_run(tmp_path, tmp_path / "whole", settings)
    train(whole, Place())
    config = whole.config(read_prepared(whole.prepared))
    before = dict(build_convolution(config, settings.seed, "pocket").module.named_parameters())
    moved = [
        {
            part_of(name)
            for name, value in load_file(run.trained).items()
            if not torch.equal(value, before[name.removeprefix("mmbt.")])
        }
        for run in (first, whole)
    ]
    assert moved == [{"head"}, {"head", "text", "image"}]
    assert losses(whole)[-1] < losses(whole)[0]


def test_a_run_cut_off_between_thawings_ends_with_the_same_weights(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, freeze_text=1, freeze_image=2, checkpoint_s=0.0)
    whole = small_run(tmp_path, tmp_path / "whole", settings)
    train(whole, Place())
    cut = small_run(tmp_path, tmp_path / "cut", settings)

    def build(config, seed, preset):
        model = build_convolution(config, seed, preset)
        calls = iter(range(10_000))

        def stop(module, arguments):
            if module.training and next(calls) == 12:
                raise KeyboardInterrupt

        model.module.register_forward_pre_hook(stop)
        return model

    with pytest.raises(KeyboardInterrupt):
        train(replace(cut, build=build), Place())
    train(small_run(tmp_path, tmp_path / "cut", settings), Place())
    weights = load_file(whole.trained)
    for name, value in load_file(cut.trained).items():
        assert torch.equal(value, weights[name]), name
    assert losses(cut) == losses(whole)
