"""What a worker holds when it begins, and when it goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from mmbt_sets import build_convolution, small_run, small_settings
from safetensors.torch import load_file

from trainers.loop.checkpoint import latest
from trainers.loop.trainee import Place
from trainers.mmbt.course import Course, part_of
from trainers.mmbt.loop import train
from trainers.mmbt.pictures import Pictures
from trainers.mmbt.prepared import read_prepared
from trainers.mmbt.training import BEST, begin, mmbt_optimizer, save_state, shared_tokens


def test_other_workers_wait_for_the_tokens_that_the_first_one_computes(tmp_path: Path) -> None:
    seen: list[int] = []
    run = small_run(tmp_path, tmp_path / "out", small_settings(tmp_path))
    prepared = read_prepared(run.prepared)
    pictures = Pictures.of([prepared.split("train").pictures])

    def tokens(rank: int) -> torch.Tensor:
        model = build_convolution(run.config(prepared), 0, "pocket")
        model.module.image_features.register_forward_pre_hook(lambda _, given: seen.append(rank))
        found = shared_tokens(run, Place(rank, 2), model, pictures)
        return found.tokens_of(found.places(pictures.paths))

    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(tokens, 1)
        assert not wait([second], timeout=1).done
        first = tokens(0)
        assert torch.equal(second.result(timeout=30), first)
    assert set(seen) == {0}


def test_a_backbone_that_trains_is_stored_in_every_checkpoint(tmp_path: Path) -> None:
    run = small_run(tmp_path, tmp_path / "out", small_settings(tmp_path, freeze_image=0, checkpoint_s=0.0))
    train(run, Place())
    found = latest(run.checkpoints)
    assert found is not None
    assert "mmbt.image_features.0.weight" in load_file(found[0] / BEST)


def test_parts_that_never_train_are_not_in_the_engine(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, epochs=2, freeze_image=-1, freeze_text=1, freeze_words=2)
    state = begin(small_run(tmp_path, tmp_path / "out", settings), Place())
    assert {part_of(name) for name in state.engine.trained_names()} == {"head", "text"}
    assert state.best.keys() == state.engine.trained().keys()


def test_the_tokens_of_pictures_are_stored_unless_the_backbone_trains_from_the_start(tmp_path: Path) -> None:
    for name, freeze, stored in (("frozen", 1, True), ("open", 0, False)):
        settings = small_settings(tmp_path, freeze_image=freeze)
        state = begin(small_run(tmp_path, tmp_path / name, settings), Place())
        assert (state.pictures.tokens is not None) is stored
        assert (tmp_path / name / "tokens").is_dir() is stored


def test_biases_are_not_decayed_and_every_group_has_its_rate(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, freeze_image=0, weight_decay=0.1, learning_rate=0.5)
    module = begin(small_run(tmp_path, tmp_path / "out", settings), Place()).module
    parameters = dict(module.named_parameters())
    optimizer = mmbt_optimizer(parameters, settings, eps=settings.eps)
    decay = {id(one): group["weight_decay"] for group in optimizer.param_groups for one in group["params"]}
    assert len(decay) == len(parameters)
    for name, parameter in parameters.items():
        assert decay[id(parameter)] == (0.0 if name.endswith(("bias", "LayerNorm.weight")) else 0.1), name


def test_a_training_goes_on_with_course_best_weights_and_engine_of_its_checkpoint(tmp_path: Path) -> None:
    run = small_run(tmp_path, tmp_path / "out", small_settings(tmp_path))
    state = begin(run, Place())
    state.course = replace(Course(), step=3, best=0.5, best_epoch=0, curve=({"dev_loss": 1.0},))
    state.best = {name: value + 1 for name, value in state.best.items()}
    save_state(state)
    again = begin(run, Place())
    assert again.course == state.course
    assert all(torch.equal(value, again.best[name]) for name, value in state.best.items())


def test_rows_of_rare_classes_weigh_more_in_the_mean_when_classes_are_weighed(tmp_path: Path) -> None:
    for weigh in (False, True):
        settings = small_settings(tmp_path, class_weights=weigh)
        state = begin(small_run(tmp_path, tmp_path / str(weigh), settings), Place())
        assert state.row_weights.sum() == pytest.approx(26)  # the mean weight is 1
        assert (len(set(state.row_weights)) > 1) is weigh  # 9, 9 and 8 rows of three classes
        assert (state.module.class_weights is not None) is weigh
