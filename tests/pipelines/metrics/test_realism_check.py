"""Which texts the realism check compares."""

from __future__ import annotations

from pipelines.metrics.realism_check import Sample, match_tasks


def samples(prefix: str, **tasks: int) -> list[Sample]:
    return [
        Sample(f"{prefix}/{task}/{number}", task, f"{prefix} {task} {number}")
        for task, many in tasks.items()
        for number in range(many)
    ]


def test_every_shared_task_has_as_many_texts_of_one_kind_as_of_the_other() -> None:
    first, second = match_tasks(
        samples("d", vqa=50, caption=10), samples("r", vqa=20, caption=40, label=9), 99, 0
    )
    assert len(first) == len(second) == 30
    assert sum("caption" in text for text in first) == sum("caption" in text for text in second) == 10
    assert not any("label" in text for text in second)


def test_the_limit_keeps_the_proportions_of_the_tasks() -> None:
    first, second = match_tasks(samples("d", vqa=300, caption=100), samples("r", vqa=300, caption=100), 40, 0)
    assert len(first) == len(second) == 40
    assert sum("caption" in text for text in first) == 10


def test_without_a_shared_task_all_texts_are_compared() -> None:
    first, second = match_tasks(samples("d", text=5), samples("r", vqa=7), 6, 0)
    assert (len(first), len(second)) == (5, 6)


def test_the_draw_depends_on_the_seed_and_not_on_the_order() -> None:
    first, second = samples("d", vqa=50), samples("r", vqa=50)
    assert match_tasks(first[::-1], second, 10, 0) == match_tasks(first, second, 10, 0)
    assert match_tasks(first, second, 10, 1) != match_tasks(first, second, 10, 0)
