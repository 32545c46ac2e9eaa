"""MMBT's training loop in this process, on a tiny model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from event_files import shown_figures
from mmbt_sets import build_convolution, small_run, small_settings
from safetensors.torch import load_file

from trainers.loop.checkpoint import latest
from trainers.loop.launch import TrainingStopped, WorkerFlags, launch
from trainers.loop.train import READY_BATCHES
from trainers.loop.trainee import Place
from trainers.mmbt.course import part_of
from trainers.mmbt.loop import steps_with_batches, train
from trainers.mmbt.prepared import read_prepared
from trainers.mmbt.run import COURSE, MmbtRun
from trainers.mmbt.training import begin


def curve(run: MmbtRun) -> list[dict[str, object]]:
    return [json.loads(line) for line in run.metrics.read_text().splitlines()]


def fresh(run: MmbtRun) -> dict[str, torch.Tensor]:
    """The untrained weights by the names that a training gives them."""
    config = run.config(read_prepared(run.prepared))
    module = build_convolution(config, run.settings.seed, "pocket").module
    return {f"mmbt.{name}": value for name, value in module.named_parameters()}


def moved(run: MmbtRun) -> set[str]:
    """The parts of the model in which some weight changed."""
    before, after = fresh(run), load_file(run.trained)
    return {part_of(name) for name, value in after.items() if not torch.equal(value, before[name])}


def test_it_learns_and_its_best_epoch_answers(tmp_path: Path) -> None:
    run = small_run(tmp_path, tmp_path / "out", small_settings(tmp_path, epochs=12))
    train(run, Place())
    points = curve(run)
    assert points[-1]["train_loss"] < points[0]["train_loss"]
    assert max(point["dev_accuracy"] for point in points) > 0.8
    answers = np.load(run.answers)
    assert answers["dev"].shape == answers["test/test"].shape == (9, 3)


def test_the_remainder_of_an_epoch_is_a_step(tmp_path: Path) -> None:
    run = small_run(tmp_path, tmp_path / "out", small_settings(tmp_path, epochs=1))
    train(run, Place())
    assert curve(run)[0]["step"] == 4  # 26 rows in steps of 8


def test_parts_thaw_in_their_epochs(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, epochs=1, freeze_text=1, freeze_image=2, freeze_words=-1)
    first = small_run(tmp_path, tmp_path / "first", settings)
    train(first, Place())
    assert moved(first) == {"head"}
    third = small_run(tmp_path, tmp_path / "third", replace(settings, epochs=3, stop_on_single="loss"))
    train(third, Place())
    assert [point["frozen"] for point in curve(third)] == [
        ["image", "text", "words"],
        ["image", "words"],
        ["words"],
    ]
    assert moved(third) == {"head", "text", "image"}
    assert not any(part_of(name) == "words" for name in load_file(third.trained))


def test_a_frozen_backbone_encodes_every_picture_once(tmp_path: Path) -> None:
    seen: list[int] = []

    def counted(config, seed, preset):
        model = build_convolution(config, seed, preset)
        model.module.image_features.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
        return model

    run = small_run(tmp_path, tmp_path / "out", small_settings(tmp_path))
    train(replace(run, build=counted), Place())
    assert sum(seen) == 3  # three pictures, three epochs, dev and test rows


def test_the_next_steps_pictures_are_decoded_while_a_step_of_many_batches_is_computed(tmp_path: Path) -> None:
    decoded = threading.Semaphore(0)

    def counted(config, seed, preset):
        model = build_convolution(config, seed, preset)
        transform = model.transform

        def one(picture):
            decoded.release()
            return transform(picture)

        model.transform = one
        return model

    settings = small_settings(tmp_path, freeze_image=0, batch_size=10, micro_batch_size=1)
    run = small_run(tmp_path, tmp_path / "out", settings)
    steps = steps_with_batches(begin(replace(run, build=counted), Place()))
    step, batches = next(steps)
    assert len(list(batches)) == len(step.parts[0]) == 10 > READY_BATCHES
    assert all(decoded.acquire(timeout=5) for _ in range(10 + READY_BATCHES))
    assert not decoded.acquire(timeout=0.2)
    assert [len(list(batches)) for _, batches in steps] == [10, 6]


def test_cached_tokens_and_pixels_train_alike_while_the_backbone_stands_still(tmp_path: Path) -> None:
    cached = small_run(tmp_path, tmp_path / "cached", small_settings(tmp_path))
    train(cached, Place())
    slow = small_settings(tmp_path, freeze_image=0)

    def still(config, seed, preset):
        model = build_convolution(config, seed, preset)
        for parameter in model.module.image_features.parameters():
            parameter.register_hook(torch.zeros_like)
        return model

    pixels = small_run(tmp_path, tmp_path / "pixels", replace(slow, weight_decay=0.0))
    train(replace(pixels, build=still), Place())
    same = small_run(tmp_path, tmp_path / "same", small_settings(tmp_path, weight_decay=0.0))
    train(same, Place())
    found = [[point["train_loss"] for point in curve(run)] for run in (pixels, same)]
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def cut_at(call: int) -> Callable[..., object]:
    """A builder whose model stops the process at its `call`-th forward pass in training."""

    def build(config, seed, preset):
        model = build_convolution(config, seed, preset)
        calls = iter(range(10_000))

        def stop(module, arguments):
            if module.training and next(calls) == call:
                raise KeyboardInterrupt

        model.module.register_forward_pre_hook(stop)
        return model

    return build


@pytest.mark.parametrize("call", [3, 9, 17])
def test_a_run_cut_off_anywhere_ends_with_the_same_weights_and_answers(tmp_path: Path, call: int) -> None:
    settings = small_settings(tmp_path, freeze_image=1, freeze_text=1, checkpoint_s=0.0)
    whole = small_run(tmp_path, tmp_path / "whole", settings)
    train(whole, Place())
    cut = small_run(tmp_path, tmp_path / "cut", settings)
    with pytest.raises(KeyboardInterrupt):
        train(replace(cut, build=cut_at(call)), Place())
    found = latest(cut.checkpoints)
    assert found is not None and found[1].step > 0
    train(small_run(tmp_path, tmp_path / "cut", settings), Place())
    for name, value in load_file(whole.trained).items():
        assert torch.equal(value, load_file(cut.trained)[name]), name
    for name, logits in np.load(whole.answers).items():
        assert np.array_equal(logits, np.load(cut.answers)[name])
    assert curve(whole) == curve(cut)
    shown = shown_figures(cut.out / "tensorboard")
    assert shown == shown_figures(whole.out / "tensorboard")
    assert [step for step, _ in shown["loss"]] == list(range(12))
    assert [step for step, _ in shown["dev/accuracy"]] == [3, 7, 11]


def test_it_stops_when_the_dev_set_gets_no_better_and_keeps_the_best(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, epochs=30, patience=2, learning_rate=0.3)
    run = small_run(tmp_path, tmp_path / "out", settings)
    train(run, Place())
    course = json.loads((run.out / COURSE).read_text())
    points = curve(run)
    assert course["ended"] == "no better for 2 epochs" and len(points) == course["best_epoch"] + 3
    best = max(point["dev_accuracy"] for point in points)
    assert points[course["best_epoch"]]["dev_accuracy"] == best
    dev = np.load(run.answers)["dev"].argmax(axis=1)
    truth = np.array([number % 3 for number in range(30, 39)])
    assert (dev == truth).mean() == pytest.approx(best)


def test_several_labels_are_learned_with_weights_for_rare_ones(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, epochs=10)
    run = small_run(tmp_path, tmp_path / "out", settings, several=True)
    train(run, Place())
    assert curve(run)[-1]["dev_micro_f1"] > 0.8 and curve(run)[0]["stop_on"] == "micro_f1"


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), learning_rate=float("inf"))
    run = small_run(tmp_path, tmp_path / "out", settings)
    with pytest.raises(TrainingStopped, match="lower --learning-rate"):
        launch(run, train, WorkerFlags(workers=0))
