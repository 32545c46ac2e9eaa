from __future__ import annotations

from dataclasses import replace

import pytest

from trainers.mmbt.course import Course, learning_rate, parameter_groups, steps_of_epoch, total_steps, trains
from trainers.mmbt.settings import ALWAYS, MMBT, MMF, POCKET


def after(figures: list[float], **changes: object) -> Course:
    course = Course()
    for figure in figures:
        course = course.after_epoch(figure, {"dev_loss": 1.0}, replace(MMBT, **changes))
    return course


def test_of_equal_figures_the_one_with_the_lower_loss_is_better() -> None:
    course = after([0.5]).after_epoch(0.5, {"dev_loss": 0.9}, MMBT)
    assert (course.best_epoch, course.since_best) == (1, 0)
    assert course.after_epoch(0.5, {"dev_loss": 0.95}, MMBT).best_epoch == 1
    assert course.after_epoch(0.4, {"dev_loss": 0.1}, MMBT).best_epoch == 1


def test_the_rate_rises_straight_and_falls_straight_to_the_end() -> None:
    settings = replace(POCKET, learning_rate=1.0, warmup=0.1)
    rates = [learning_rate(step, 100, settings) for step in range(100)]
    assert rates.index(max(rates)) in (9, 10) and max(rates) == pytest.approx(1.0, abs=0.1)
    assert rates[0] == pytest.approx(1 / 11) and rates[-1] == pytest.approx(1 / 90)
    assert learning_rate(1999, 22_000, MMF) < learning_rate(2000, 22_000, MMF) == MMF.learning_rate


def test_a_warm_up_longer_than_the_training_is_cut_to_half_of_it() -> None:
    assert learning_rate(50, 100, MMF) == MMF.learning_rate


def test_the_rate_halves_after_more_than_two_epochs_that_stand_still() -> None:
    assert after([0.5, 0.5, 0.4]).factor == 1.0
    assert after([0.5, 0.5, 0.4, 0.5]).factor == 0.5
    assert after([0.5, 0.5, 0.4, 0.5, 0.1, 0.1, 0.1]).factor == 0.25
    assert after([0.5, 0.5, 0.4, 0.5], plateau_factor=1.0).factor == 1.0


def test_it_is_over_after_the_patience_the_epochs_or_the_steps() -> None:
    course = after([0.5, 0.9, 0.8, 0.8])
    assert course.best_epoch == 1 and course.over(replace(MMBT, patience=3), 99) is None
    assert course.over(replace(MMBT, patience=2), 99) == "no better for 2 epochs"
    assert course.over(replace(MMBT, epochs=4), 99) == "all 4 epochs done"
    assert replace(course, step=99).over(MMBT, 99) == "all 99 steps done"


def test_an_epoch_has_a_step_for_the_remainder() -> None:
    assert total_steps(161, replace(MMBT, epochs=3)) == 6
    assert total_steps(8500, MMF) == 22_000


def test_thawing_follows_the_published_epochs() -> None:
    assert [trains("image", epoch, MMBT) for epoch in (2, 3)] == [False, True]
    assert [trains("text", epoch, MMBT) for epoch in (4, 5)] == [False, True]
    assert trains("image", 0, MMF) and trains("text", 0, MMF)
    assert not trains("image", 10**6, replace(MMF, freeze_image=ALWAYS))


def test_biases_and_layer_norms_do_not_decay() -> None:
    names = ["mmbt.bert.encoder.layer.0.output.dense.weight", "mmbt.bert.encoder.layer.0.output.dense.bias"]
    names += ["mmbt.bert.encoder.layer.0.output.LayerNorm.weight", "mmbt.classify.weight"]
    assert parameter_groups(names) == [
        ("head", True, ["mmbt.classify.weight"]),
        ("text", True, names[:1]),
        ("text", False, names[1:3]),
    ]


@pytest.mark.parametrize("workers", [1, 3])
def test_every_row_is_in_one_micro_batch_of_an_epoch(workers: int) -> None:
    settings = replace(POCKET, batch_size=8, micro_batch_size=2)
    lengths = [number % 5 for number in range(21)]
    steps = steps_of_epoch(lengths, settings, 0, workers=workers, first=10)
    assert [step.number for step in steps] == [10, 11, 12]
    assert sorted(row for step in steps for row in step.rows) == list(range(21))
    assert all(len({len(part) for part in step.parts}) == 1 for step in steps)
    assert max(len(batch) for step in steps for part in step.parts for batch in part) == 2
    again = steps_of_epoch(lengths, settings, 1, workers=workers, first=13)
    assert [step.rows for step in steps] != [step.rows for step in again]


def test_a_step_with_fewer_rows_than_workers_leaves_empty_places() -> None:
    (step,) = steps_of_epoch([1], replace(POCKET, batch_size=8), 0, workers=2, first=0)
    assert sorted(map(len, (part[0] for part in step.parts))) == [0, 1]
