"""A large table of answers in many languages and markings: the right label or none, and never a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.labels.parse.one_label import parse_label
from actors.prompts.task import Task, load_task
from actors.prompts.yaml_file import hand_written_loader

TABLE = Path(__file__).with_name("answers.yaml")
GROUPS: list[dict[str, Any]] = yaml.load(TABLE.read_text(encoding="utf-8"), Loader=hand_written_loader())
ROWS = [
    (number, text, expected) for number, group in enumerate(GROUPS) for text, expected in group["answers"]
]


def task_of(group: dict[str, Any]) -> Task:
    if "task" in group:
        return load_task(group["task"])
    return Task("t", "s", tuple(group["labels"]), group.get("prompt", "{document}\nWhat is it?"))


@pytest.mark.parametrize(("group", "text", "expected"), ROWS, ids=[text[:60] for _, text, _ in ROWS])
def test_an_answer_gives_the_label_that_it_settles_on(group: int, text: str, expected: str) -> None:
    task = task_of(GROUPS[group])
    parsed = parse_label(task, text, "stop")
    if expected == "-":
        assert parsed.label is None, parsed
    elif expected.startswith("="):
        assert (parsed.label, parsed.kind) == (None, expected[1:])
    else:
        assert (parsed.label, parsed.kind) == (expected, "answered")


def test_the_table_is_large() -> None:
    assert len(ROWS) >= 800
