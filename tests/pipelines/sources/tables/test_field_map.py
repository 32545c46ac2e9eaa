"""Which column of a table holds what: by its own name, by the name that was given, or none."""

from __future__ import annotations

import pytest

from actors.prompts.task import Task
from pipelines.sources.tables.field_map import FieldMap

ONE = Task("mine", "s", ("a", "b"), "{document}?")
PAIR = Task("pair", "s", ("a", "b"), "{document}?", document="{premise} / {hypothesis}")
SEVERAL = Task("tags", "s", ("a", "b"), "{document}?", multi_label=True)


def test_columns_go_by_their_own_names_and_what_is_not_there_is_none() -> None:
    fields = FieldMap().resolve(["text", "label", "language", "other"], ONE)
    assert fields == FieldMap(document="{text}", label="label", id="", image="", language="language")


def test_a_given_name_wins_and_a_blank_one_means_none() -> None:
    columns = ["text", "label", "id", "body", "truth"]
    fields = FieldMap(text="body", label="truth", id="").resolve(columns, ONE)
    assert (fields.document, fields.label, fields.id) == ("{body}", "truth", "")


def test_a_document_is_the_maps_then_its_text_then_the_tasks() -> None:
    assert FieldMap(document="{a}", text="b").template(PAIR) == "{a}"
    assert FieldMap(text="b").template(PAIR) == "{b}"
    assert FieldMap().template(PAIR) == "{premise} / {hypothesis}"


def test_several_labels_stand_in_labels_unless_a_column_was_named() -> None:
    columns = ["text", "label", "labels"]
    assert FieldMap().resolve(columns, SEVERAL).label == "labels"
    assert FieldMap().resolve(columns, ONE).label == "label"
    assert FieldMap(label="label").resolve(columns, SEVERAL).label == "label"
    assert FieldMap().resolve(["text", "label"], SEVERAL).label == "label"


@pytest.mark.parametrize(
    ("fields", "task", "message"),
    [
        (FieldMap(), ONE, "no column 'text'.*--fields.text.*did you mean 'txt'"),
        (FieldMap(label="y"), PAIR, "no column 'y'.*--fields.label"),
        (FieldMap(document="{premise} {titel}"), ONE, "no column 'titel'.*--fields.document"),
        (FieldMap(document="no braces"), ONE, "needs a column in braces"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_its_flag(
    fields: FieldMap, task: Task, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fields.resolve(["txt", "premise", "hypothesis"], task)
