from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trainers.mmbt.figures import (
    class_scores,
    dev_figures,
    figures_of,
    mean_loss,
    probabilities,
    temperature_of,
)
from trainers.mmbt.prepared import Split, targets_of

RNG = np.random.default_rng(0)
CLASSES = ("a", "b", "c")


def split_of(labels: list[list[str] | None], *, multi_label: bool = False) -> Split:
    targets, known = targets_of(labels, CLASSES, multi_label=multi_label)
    names = [str(number) for number in range(len(labels))]
    return Split(names, names, [None] * len(labels), labels, targets, known, np.ones(len(labels)))


def drawn(count: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `sharpness` times those that the labels were drawn from."""
    true = RNG.normal(size=(count, 3)) * 2
    shares = probabilities(true, multi_label=False)
    return true * sharpness, np.array([RNG.choice(3, p=row) for row in shares])


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0])
def test_the_temperature_undoes_too_much_or_too_little_confidence(sharpness: float) -> None:
    logits, truth = drawn(5000, sharpness)
    assert temperature_of(logits, truth, multi_label=False) == pytest.approx(sharpness, rel=0.1)


@pytest.mark.parametrize("several", [False, True])
def test_no_other_temperature_has_a_lower_loss(several: bool) -> None:
    logits, truth = drawn(300, 3.0)
    targets = np.eye(3)[truth] if several else truth
    best = temperature_of(logits, targets, multi_label=several)
    losses = [mean_loss(logits / (best * by), targets, multi_label=several) for by in (0.98, 1.0, 1.02)]
    assert losses[1] == min(losses)


def test_the_temperature_has_bounds_and_is_1_where_nothing_can_be_told() -> None:
    sure = np.array([[5.0, -5.0], [-5.0, 5.0]])
    assert 0.2 <= temperature_of(sure, np.array([0, 1]), multi_label=False) < 0.5
    assert temperature_of(sure, np.array([1, 0]), multi_label=False) == pytest.approx(20.0)
    assert temperature_of(np.zeros((4, 2)), np.array([0, 1, 0, 1]), multi_label=False) == 1.0


@pytest.mark.parametrize("several", [False, True])
def test_saturated_logits_that_are_often_wrong_are_cooled_down(several: bool) -> None:
    truth = np.arange(60) % 3
    logits = np.eye(3)[(truth + (np.arange(60) < 20)) % 3] * 400.0 - 200.0
    targets = np.eye(3)[truth] if several else truth
    best = temperature_of(logits, targets, multi_label=several)
    assert best == pytest.approx(20.0)
    losses = [mean_loss(logits / by, targets, multi_label=several) for by in (1.0, best)]
    assert losses[1] < losses[0] / 10


@pytest.mark.parametrize(("several", "classes"), [(False, 2), (False, 3), (True, 3)])
def test_dev_figures_are_those_with_intervals_and_draw_no_resample(
    monkeypatch: pytest.MonkeyPatch, several: bool, classes: int
) -> None:
    truth = RNG.integers(0, 2, size=(90, classes)) if several else RNG.integers(0, classes, size=90)
    names = CLASSES[:classes]
    labels: list[list[str] | None] = [
        [name for name, has in zip(names, row) if has] if several else [names[row]] for row in truth
    ]
    labels[4] = None
    targets, known = targets_of(labels, names, multi_label=several)
    split = replace(split_of(labels, multi_label=several), targets=targets, known=known)
    logits = RNG.normal(size=(90, classes))
    record = figures_of(logits, split, names, multi_label=several, temperature=1.0)
    monkeypatch.delattr(np.random, "default_rng")
    found = dev_figures(logits, split, multi_label=several)
    assert found == pytest.approx(
        {"loss": record["loss"], **{name: record[name]["value"] for name in found if name != "loss"}}
    )


def test_dev_figures_of_rows_without_any_label_are_none() -> None:
    found = dev_figures(np.full((3, 3), -1.0), split_of([[], [], []], multi_label=True), multi_label=True)
    assert (found["micro_f1"], found["macro_f1"], found["accuracy"]) == (None, None, 1.0)


def test_losses_are_those_of_torch() -> None:
    import torch
    from torch.nn import functional

    logits, truth = drawn(40, 2.0)
    one = functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(truth)).item()
    assert mean_loss(logits, truth, multi_label=False) == pytest.approx(one)
    marks = np.eye(3)[truth]
    several = functional.binary_cross_entropy_with_logits(
        torch.from_numpy(logits), torch.from_numpy(marks)
    ).item()
    assert mean_loss(logits, marks, multi_label=True) == pytest.approx(several)


def test_figures_agree_with_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

    logits, truth = drawn(120, 1.0)
    shares, guess = probabilities(logits, multi_label=False), logits.argmax(axis=1)
    record = figures_of(
        logits, split_of([[CLASSES[one]] for one in truth]), CLASSES, multi_label=False, temperature=1.0
    )
    assert record["accuracy"]["value"] == pytest.approx(accuracy_score(truth, guess))
    assert record["macro_f1"]["value"] == pytest.approx(f1_score(truth, guess, average="macro"))
    assert record["auroc"]["value"] == pytest.approx(roc_auc_score(truth, shares, multi_class="ovr"))
    assert record["accuracy"]["low"] < record["accuracy"]["value"] < record["accuracy"]["high"]
    assert record["per_class"]["b"]["f1"]["value"] == pytest.approx(f1_score(truth == 1, guess == 1))
    assert sum(one["rows"] for one in record["per_class"].values()) == 120


def test_figures_of_several_labels_agree_with_scikit_learn() -> None:
    from sklearn.metrics import f1_score, roc_auc_score

    truth = RNG.random((80, 3)) < 0.4
    logits = (truth - 0.5) * 2 + RNG.normal(size=(80, 3))
    labels = [[name for name, has in zip(CLASSES, row) if has] for row in truth]
    record = figures_of(
        logits, split_of(labels, multi_label=True), CLASSES, multi_label=True, temperature=1.0
    )
    for kind in ("micro", "macro"):
        found = record[f"{kind}_f1"]
        assert found["value"] == pytest.approx(f1_score(truth, logits > 0, average=kind))
        assert found["low"] < found["value"] < found["high"]
    assert record["auroc"]["value"] == pytest.approx(roc_auc_score(truth, logits, average="macro"))
    assert record["accuracy"]["value"] == (truth == (logits > 0)).all(axis=1).mean()


def test_rows_without_a_known_label_are_not_scored() -> None:
    labels = [["a"], None, ["z"], ["b"]]
    record = figures_of(np.eye(4)[:, :3], split_of(labels), CLASSES, multi_label=False, temperature=1.0)
    assert (record["rows"], record["scored"]) == (4, 2)
    nothing = figures_of(
        np.zeros((2, 3)), split_of([None, ["z"]]), CLASSES, multi_label=False, temperature=1.0
    )
    assert nothing["scored"] == 0 and "no row" in nothing["note"]


def test_with_one_class_auroc_is_null_and_says_why() -> None:
    logits = RNG.normal(size=(5, 3))
    record = figures_of(logits, split_of([["a"]] * 5), CLASSES, multi_label=False, temperature=1.0)
    assert record["auroc"]["value"] is None and "one class" in record["auroc"]["note"]
    assert dev_figures(logits, split_of([["a"]] * 5), multi_label=False)["auroc"] is None


def test_a_class_without_rows_and_answers_has_no_f1() -> None:
    shares = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    scores = class_scores(shares, np.array([0, 1]), 2, multi_label=False)
    assert scores["f1"].value is None and scores["recall"].value is None
