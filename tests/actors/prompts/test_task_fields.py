"""The values of a task file become the types of a task, or are refused in words."""

from dataclasses import fields
from pathlib import Path

import pytest

from actors.prompts.task import Task
from actors.prompts.task_fields import CONVERTERS, read_field

FILE = Path("mine.yaml")


def test_every_field_of_a_task_has_a_converter() -> None:
    assert set(CONVERTERS) == {field.name for field in fields(Task)}


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("prompt", "Is it? {document}", "Is it? {document}"),
        ("positive", 1, "1"),
        ("labels", ["yes", 0], ("yes", "0")),
        ("refusals", "no idea", ("no idea",)),
        ("patterns", {"yes": "ja", "no": ["nein", "nee"]}, {"yes": ("ja",), "no": ("nein", "nee")}),
        ("choices", {"yes": "A", 2: "B"}, {"yes": "A", "2": "B"}),
        ("examples", [{"document": "x", "label": 1}], (("x", "1"),)),
        ("multi_label", True, True),
        ("paper", {"notes": ["as printed"]}, {"notes": ["as printed"]}),
    ],
)
def test_what_a_person_writes_is_read_as_what_it_means(key: str, value: object, read: object) -> None:
    assert read_field(FILE, key, value) == read


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("prompt", True, r"mine.yaml: prompt: expected text, found True \(bool\); put it in quotes"),
        ("labels", ["yes", 1.5], r"found 1.5 \(float\)"),
        ("labels", {"yes": "x"}, "expected a list of texts"),
        ("multi_label", "yes", "expected true or false, found 'yes'"),
        ("choices", ["A", "B"], "expected `label: ...` lines"),
        ("examples", {"document": "x", "label": "a"}, "expected a list of `{document: ..., label: ...}`"),
        ("examples", [{"document": "x", "lable": "a"}], "found the item {'document': 'x', 'lable': 'a'}"),
    ],
)
def test_another_type_is_refused_with_the_expected_form(key: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_field(FILE, key, value)
