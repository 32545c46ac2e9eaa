"""Which column holds what, and what is suggested for one that is not there."""

from __future__ import annotations

import pytest

from actors.prompts.task import Task
from pipelines.sources.tables.field_map import FieldMap, key_columns

PREMISES = Task("pair", "s", ("a", "b"), "{document}?", document="{premise} / {hypothesis}")
ONE = Task("mine", "s", ("a", "b"), "{document}?")
SEVERAL = Task("tags", "s", ("a", "b"), "{document}?", multi_label=True)
SEEN = Task("seen", "s", ("a", "b"), "{document}?", uses_image=True)


def test_columns_go_by_their_own_names_and_what_is_not_there_is_none() -> None:
    fields = FieldMap().resolve(["text", "label", "language", "other"], ONE)
    assert fields == FieldMap(document="{text}", label="label", id="", image="", language="language")


def test_a_given_name_wins_and_a_blank_one_means_none() -> None:
    columns = ["text", "label", "id", "body", "truth"]
    fields = FieldMap(text="body", label="truth", id="").resolve(columns, ONE)
    assert (fields.document, fields.label, fields.id) == ("{body}", "truth", "")


def test_a_document_is_the_maps_then_its_text_then_the_tasks() -> None:
    assert FieldMap(document="{a}", text="b").template(PREMISES) == "{a}"
    assert FieldMap(text="b").template(PREMISES) == "{b}"
    assert FieldMap().template(PREMISES) == "{premise} / {hypothesis}"


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
        (FieldMap(label="y"), PREMISES, "no column 'y'.*--fields.label"),
        (FieldMap(document="{premise} {titel}"), ONE, "no column 'titel'.*--fields.document"),
        (FieldMap(document="no braces"), ONE, "needs a column in braces"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_its_flag(
    fields: FieldMap, task: Task, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fields.resolve(["txt", "premise", "hypothesis"], task)


@pytest.mark.parametrize("name", ["image", "images", "file_name", "image_path", "img"])
def test_a_task_that_shows_pictures_finds_their_column_by_its_usual_names(name: str) -> None:
    assert FieldMap().resolve(["text", name], SEEN).image == name
    assert FieldMap().resolve(["text", name], ONE).image == (name if name == "image" else "")
    assert FieldMap(image="photo").resolve(["text", name, "photo"], SEEN).image == "photo"


def test_a_task_that_shows_pictures_is_refused_where_no_column_names_one_unless_none_is_wanted() -> None:
    with pytest.raises(
        ValueError, match="task 'seen' shows pictures, and no column names one.*--fields.image"
    ):
        FieldMap().resolve(["text", "label"], SEEN)
    assert FieldMap(image="").resolve(["text", "label"], SEEN).image == ""


def test_the_columns_that_are_looked_for_follow_from_the_task() -> None:
    assert FieldMap(text="body", label="truth").wanted(ONE) == ["body", "truth", "id", "image", "language"]
    assert "labels" in FieldMap().wanted(SEVERAL) and "file_name" in FieldMap().wanted(SEEN)
    resolved = FieldMap(document="{a} {b}").resolve(["a", "b", "label", "c"], ONE)
    assert resolved.columns() == ["a", "b", "label"]


@pytest.mark.parametrize(
    ("columns", "keys", "suggested"),
    [
        (["ticket", "body"], {"ticket"}, None),
        (["txt", "ticket"], {"ticket"}, "txt"),
        (["ticket", "body"], set(), "ticket"),
    ],
)
def test_a_suggestion_is_never_a_column_of_keys(columns: list[str], keys: set[str], suggested: str) -> None:
    with pytest.raises(ValueError, match="there is no column 'text'") as caught:
        FieldMap().resolve(columns, ONE, lambda: keys)
    assert ("did you mean" in str(caught.value)) is (suggested is not None)
    assert suggested is None or f"did you mean '{suggested}'" in str(caught.value)


def test_a_suggestion_is_never_a_column_with_another_part_but_may_be_the_key_for_the_key() -> None:
    with pytest.raises(ValueError) as caught:
        FieldMap(id="texts").resolve(["texts", "body"], ONE)
    assert "did you mean" not in str(caught.value)
    with pytest.raises(ValueError, match="--fields.id; did you mean 'key'"):
        FieldMap(id="keys").resolve(["text", "key"], ONE, lambda: {"key"})


def test_keys_are_single_words_that_are_all_different() -> None:
    records = [
        {"ticket": "T-1", "n": 1, "text": "good", "kind": "a", "body": "all is well"},
        {"ticket": "T-2", "n": 2, "text": "good", "kind": "b", "body": "no it is not"},
        {"ticket": "T-3", "n": 3, "text": "bad", "kind": "b", "body": "what"},
    ]
    assert key_columns(records) == {"ticket", "n"}
    assert key_columns(records[:1]) == set()
