from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from distorted_run import CONTEXT, write_base
from tiny_flamingo import picture, pixels_of

from trainers.loop.engines import PlainEngine
from trainers.loop.trainee import Example
from trainers.rewriter.base_model import BaseModel
from trainers.rewriter.flamingo_trainee import FlamingoTrainee
from trainers.rewriter.presets import POCKET_REWRITER

SETTINGS = replace(
    POCKET_REWRITER, context=CONTEXT, lora_rank=4, lora_dropout=0.0, precision="fp32", learning_rate=1e-2
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return BaseModel("tiny", folder=write_base(tmp_path_factory.mktemp("base") / "flamingo"))


@pytest.fixture
def trainee(base: BaseModel) -> FlamingoTrainee:
    return FlamingoTrainee(base, SETTINGS)


def examples(trainee: FlamingoTrainee, folder: Path) -> list[Example]:
    """Rows with one picture, none, two, and one again that another row shows too."""
    media = trainee.flamingo.media_token
    files = []
    for number in range(3):
        (folder / f"{number}.png").write_bytes(picture(number))
        files.append(str(folder / f"{number}.png"))
    return [
        Example("a", (1, 40, media, 50, 51, 2), ((3, 6),), (files[0],)),
        Example("b", (1, 40, 41, 42, 43, 44, 45, 2), ((5, 8),), ()),
        Example("c", (1, media, 40, media, 60, 2), ((4, 6),), (files[1], files[2])),
        Example("d", (1, 44, 45, media, 2), ((4, 5),), (files[0],)),
    ]


def test_the_loss_is_that_of_open_flamingo_row_by_row(trainee: FlamingoTrainee, tmp_path: Path) -> None:
    rows = examples(trainee, tmp_path)
    alone = []
    for row in rows:
        pixels = pixels_of(trainee.flamingo, [[Path(path).read_bytes() for path in row.images]])
        ids, labels = torch.tensor([row.ids]), torch.tensor([row.labels()])
        if not row.images:
            pixels = pixels[:, :0]
        output = trainee.flamingo.model(pixels, ids, torch.ones_like(ids), labels=labels)
        alone.append(output.loss.item() * row.num_targets)
    together = trainee.module(trainee.collate(rows))
    assert together.item() == pytest.approx(sum(alone), rel=1e-4)


def test_a_picture_of_two_rows_is_encoded_once(trainee: FlamingoTrainee, tmp_path: Path) -> None:
    batch = trainee.collate(examples(trainee, tmp_path))
    assert batch.pixels.shape[0] == 3
    assert batch.pictures.tolist() == [[0, 0], [0, 0], [1, 2], [0, 0]]


def test_other_rows_of_the_batch_do_not_change_a_row(trainee: FlamingoTrainee, tmp_path: Path) -> None:
    rows = examples(trainee, tmp_path)
    each = sum(trainee.module(trainee.collate([row])).item() for row in rows)
    assert trainee.module(trainee.collate(rows)).item() == pytest.approx(each, rel=1e-4)


def test_computing_layers_twice_changes_no_gradient(base: BaseModel, tmp_path: Path) -> None:
    gradients = []
    for twice in (False, True):
        trainee = FlamingoTrainee(base, replace(SETTINGS, activation_checkpointing=twice))
        loss = trainee.module(trainee.collate(examples(trainee, tmp_path)))
        loss.backward()
        gradients.append([value.grad for value in trainee.module.parameters() if value.requires_grad])
    assert len(gradients[0]) > 10
    for plain, again in zip(*gradients):
        assert torch.allclose(plain, again, atol=1e-6)


def test_a_step_moves_adapters_and_media_rows_alone(trainee: FlamingoTrainee, tmp_path: Path) -> None:
    model = trainee.flamingo.model
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    engine = PlainEngine(trainee.module, replace(SETTINGS, weight_decay=0.1))
    for _ in range(3):
        engine.backward(engine.loss(trainee.collate(examples(trainee, tmp_path))), last=True)
        engine.step(1e-2)
    moved = {name for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    assert {name.rpartition(".")[2] for name in moved if "lora_" not in name} == {"delta"}
    assert any("lora_B" in name for name in moved)
    delta = trainee.flamingo.embedding.delta
    assert delta is not None
    rows = delta.detach().abs().sum(dim=1).nonzero().flatten().tolist()
    assert trainee.flamingo.media_token in rows
    assert set(rows) <= set(trainee.flamingo.embedding.media_ids)


def test_bf16_keeps_changes_too_small_for_its_own_weights(base: BaseModel, tmp_path: Path) -> None:
    trainee = FlamingoTrainee(base, replace(SETTINGS, precision="bf16"))
    engine = PlainEngine(trainee.module, SETTINGS)
    name = next(name for name in engine.copies if "lora_A" in name)
    rows = trainee.collate(examples(trainee, tmp_path))
    for _ in range(2):
        engine.backward(engine.loss(rows), last=True)
        engine.step(1e-6)
    assert engine.moving[name].dtype == torch.bfloat16
    assert not torch.equal(engine.copies[name], engine.moving[name].float())
