from __future__ import annotations

from dataclasses import replace

import pytest

from trainers.mmbt.course import Course, learning_rate, parameter_groups, steps_of_epoch, total_steps, trains
from trainers.mmbt.flags import MmbtFlags, settings_from
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


def test_flags_change_the_preset_and_nothing_else() -> None:
    assert MmbtFlags().settings("mmbt") == MMBT
    assert MmbtFlags(seed=3).settings("mmf") == replace(MMF, seed=3)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"freeze_text": -2}, "-1 for all"),
        ({"held_out": 1.0}, "held_out is 1.0"),
        ({"plateau_factor": 0.0}, "plateau_factor is 0.0"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"max_grad_norm": -1.0}, "max_grad_norm is -1.0, expected 0 or more"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"weight_decay": -0.01}, "weight_decay is -0.01"),
        ({"warmup": -1.0}, "warmup is -1.0"),
        ({"warmup": float("nan")}, "warmup is nan"),
        ({"plateau_patience": -1}, "plateau_patience is -1"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
    ],
)
def test_numbers_that_cannot_be_are_named(flags: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MmbtFlags(**flags).settings("pocket")


def test_settings_of_a_file_are_flags_in_any_spelling() -> None:
    assert settings_from({"preset": "mmbt", "--freeze-text": 1, "batch_size": 8}, "x") == replace(
        MMBT, freeze_text=1, batch_size=8
    )
    with pytest.raises(ValueError, match="did you mean 'learning_rate'"):
        settings_from({"learning-rat": 1.0}, "x")
    with pytest.raises(ValueError, match="epochs is '3'"):
        settings_from({"epochs": "3"}, "x")
    with pytest.raises(ValueError, match="preset is 'big'"):
        settings_from({"preset": "big"}, "x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"stop_on_single": "acuracy"},
            "stop_on_single is 'acuracy', expected one of 'accuracy', 'micro_f1'",
        ),
        ({"image_tokens": 12}, "image_tokens is 12, expected one of 1, 2"),
        ({"image_tokens": True}, "image_tokens is True"),
        ({"zero": 7}, "zero is 7, expected one of 0, 1, 2"),
        ({"max_steps": True}, "max_steps is True, expected a whole number"),
        ({"epochs": 2.0}, "epochs is 2.0, expected a whole number"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast', expected a number"),
        ({"class_weights": 1}, "class_weights is 1, expected true or false"),
        ({"text_model": 3}, "text_model is 3, expected text"),
    ],
)
def test_settings_of_a_file_are_held_to_what_the_flag_takes(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        settings_from(values, "x")


def test_whole_numbers_may_stand_for_others_and_null_for_the_presets_value() -> None:
    found = settings_from({"learning_rate": 1, "max_steps": 3, "dropout": None, "class_weights": True}, "x")
    assert found == replace(POCKET, learning_rate=1, max_steps=3, class_weights=True)
