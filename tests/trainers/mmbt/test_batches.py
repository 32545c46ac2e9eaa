"""Micro-batches of MMBT, and what its loss weighs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mmbt_sets import build_convolution
from tiny_mmbt import LABELS, png, tiny_bert

from actors.models.mmbt.config import MmbtConfig
from actors.models.mmbt.model import MmbtModel
from trainers.mmbt.batches import Inputs, MmbtLoss, class_weights, row_weights
from trainers.mmbt.pictures import Pictures, with_tokens
from trainers.mmbt.prepared import Split, targets_of


def split_of(labels: list[list[str] | None], pictures: list[str | None], *, several: bool = False) -> Split:
    """Rows whose texts get longer, the last with half a weight."""
    targets, known = targets_of(labels, LABELS, multi_label=several)
    names = [str(number) for number in range(len(labels))]
    texts = ["a red square " * (number + 1) for number in range(len(labels))]
    weights = np.array([1.0] * (len(labels) - 1) + [0.5])
    return Split(names, texts, pictures, labels, targets, known, weights)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MmbtModel:
    bert = tiny_bert(tmp_path_factory.mktemp("bert"))
    config = MmbtConfig(str(bert), "resnet18@random", LABELS, image_tokens=2, max_text_tokens=16, dropout=0.0)
    return build_convolution(config, 0, "pocket")


@pytest.fixture
def inputs(model: MmbtModel, tmp_path: Path) -> tuple[Inputs, Pictures]:
    """Three rows, of which two show the same picture, with stored tokens."""
    (tmp_path / "red.png").write_bytes(png((200, 20, 20)))
    red = str(tmp_path / "red.png")
    split = split_of([["animal"], ["food"], ["food"]], [red, None, red])
    pictures = with_tokens(model, Pictures.of([split.pictures]), tmp_path / "tokens")
    return Inputs.of(split, model, pictures), pictures


def test_a_picture_that_two_rows_show_is_in_the_batch_once(
    model: MmbtModel, inputs: tuple[Inputs, Pictures]
) -> None:
    rows, pictures = inputs
    batch = rows.batch([0, 1, 2], model, pictures, frozen=False, used=True)
    assert batch.pictures.shape == (2, 3, 224, 224) and batch.place is not None
    assert batch.place[0] == batch.place[2] != batch.place[1]
    stored = rows.batch([0, 1, 2], model, pictures, frozen=True, used=True)
    assert stored.place is None and len(stored.pictures) == 3


def test_stored_tokens_and_pixels_give_the_same_loss(
    model: MmbtModel, inputs: tuple[Inputs, Pictures]
) -> None:
    rows, pictures = inputs
    loss = MmbtLoss(model.module.eval(), None, autocast=False)
    values = [loss(rows.batch([0, 1, 2], model, pictures, frozen=f, used=True)) for f in (True, False)]
    assert torch.allclose(*values, rtol=1e-5)


def test_the_loss_is_a_weighed_sum_and_rows_that_keep_company_weigh_nothing(
    model: MmbtModel, inputs: tuple[Inputs, Pictures]
) -> None:
    rows, pictures = inputs
    loss = MmbtLoss(model.module.eval(), None, autocast=False)

    def of(chosen: list[int], *, used: bool = True) -> float:
        with torch.no_grad():
            return float(loss(rows.batch(chosen, model, pictures, frozen=True, used=used)))

    assert of([0, 1, 2]) == pytest.approx(of([0]) + of([1]) + of([2]), rel=1e-5)
    assert of([0, 1], used=False) == 0.0
    nats = -torch.log_softmax(torch.from_numpy(rows.logits([2], model, pictures, frozen=True)), 1)
    assert of([2]) == pytest.approx(0.5 * float(nats[0, LABELS.index("food")]), rel=1e-5)


def test_logits_do_not_depend_on_the_batch(model: MmbtModel, inputs: tuple[Inputs, Pictures]) -> None:
    rows, pictures = inputs
    together = rows.logits([0, 1, 2], model, pictures, frozen=True)
    alone = np.concatenate([rows.logits([row], model, pictures, frozen=True) for row in range(3)])
    assert np.allclose(together, alone, atol=1e-5)
    assert rows.logits([], model, pictures, frozen=True).shape == (0, 3)


def test_rare_classes_weigh_more_and_the_mean_over_rows_stays_1() -> None:
    split = split_of([["animal"], ["animal"], ["animal"], ["food"]], [None] * 4)
    weights = class_weights(split, 3, multi_label=False)
    assert weights.tolist() == pytest.approx([2 / 3, 2.0, 1.0])  # no row is a place
    assert weights[split.targets].mean() == pytest.approx(1.0)


def test_with_several_labels_positives_weigh_rows_by_frequency() -> None:
    split = split_of([["animal"], ["animal", "food"], [], []], [None] * 4, several=True)
    assert class_weights(split, 3, multi_label=True).tolist() == [2.0, 4.0, 1.0]


def test_the_denominator_of_a_mean_has_the_weights_of_rows_and_of_their_classes() -> None:
    split = split_of([["animal"], ["food"]], [None] * 2)
    weights = np.array([3.0, 2.0, 1.0], np.float32)
    assert row_weights(split, weights, multi_label=False).tolist() == [3.0, 1.0]
    assert row_weights(split, None, multi_label=False).tolist() == [1.0, 0.5]
    assert row_weights(split, weights, multi_label=True).tolist() == [1.0, 0.5]
