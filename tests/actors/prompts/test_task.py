"""Tasks load from YAML, and a file that contradicts itself says where."""

import dataclasses
import json
import pickle
from dataclasses import fields
from pathlib import Path

import pytest

from actors.prompts.task import CONVERTERS, Task, load_task, read_field, task_names

SHIPPED = ("easy_vqa", "emoji_group", "hateful_memes", "iad_1", "iad_2", "mm_imdb", "xnli")


def write_task(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_every_shipped_task_loads_travels_and_goes_into_a_manifest() -> None:
    assert set(SHIPPED) <= set(task_names())
    for name in task_names():
        task = load_task(name)
        assert task.name == name
        assert pickle.loads(pickle.dumps(task)) == task
        assert json.loads(json.dumps(dataclasses.asdict(task)))["labels"] == list(task.labels)
        assert set(task.patterns) == set(task.choices) == set(task.labels)
        assert "\n" not in task.summary


def test_prompts_are_those_of_the_paper() -> None:
    assert load_task("hateful_memes").split_prompt() == ("", "\nIs the text above hateful?")
    assert load_task("mm_imdb").split_prompt() == (
        "",
        "\nIdentify the genre of this movie? Options: drama, comedy or both. Provide short answers.",
    )


def test_printed_figures_of_table_2_are_kept_by_language() -> None:
    numbers = load_task("xnli").paper["numbers"]
    assert {item["language"]: item["value"] for item in numbers} == {"fr": 0.41, "de": 0.42, "en": 0.53}


def test_a_file_of_ones_own_needs_labels_and_a_prompt_only(tmp_path: Path) -> None:
    task = load_task(write_task(tmp_path, "labels: [yes, no, 3]\nprompt: 'Is it? {document}'\n"))
    assert (task.name, task.labels) == ("mine", ("yes", "no", "3"))
    assert task.choices == {"yes": "yes", "no": "no", "3": "3"}


def test_labels_and_descriptions_are_written_into_the_prompt(tmp_path: Path) -> None:
    text = (
        "labels: [a, b, c]\nprompt: '{document}\n\n  {descriptions}\n\n  One of {labels}?'\n"
        "descriptions: {a: first, b: second}\n"
    )
    _, tail = load_task(write_task(tmp_path, text)).split_prompt()
    assert tail == "\n- a: first\n- b: second\n- c: c\nOne of a, b or c?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels: [a, b]\nprompt: x {document}\nlable: a", "unknown key 'lable'.*did you mean 'labels'"),
        ("labels: [a, b]\nprompts: x", "did you mean 'prompt'"),
        ("prompt: '{document}'", "'labels' is missing"),
        ("labels: [a, b]", "'prompt' is missing"),
        ("labels: [a]\nprompt: '{document}'", "at least two"),
        ("labels: [a, A]\nprompt: '{document}'", "the same but for case"),
        ("labels: [a, '']\nprompt: '{document}'", "an empty one"),
        ("labels: [a, null]\nprompt: '{document}'", "put it in quotes"),
        ("labels: [true, false]\nprompt: '{document}'", "put it in quotes"),
        ("labels: a\nprompt: '{document}'", "at least two"),
        ("labels: {a: b}\nprompt: '{document}'", "expected a list"),
        ("labels: [a, b]\nprompt: Is it {text}?", "0 times, expected once"),
        ("labels: [a, b]\nprompt: '{document} {document}'", "2 times, expected once"),
        (
            "labels: [a, b]\nprompt: '{document}'\nmulti_label: true\nlist_prompt: 'Genres:'",
            "list_prompt holds {document} 0 times",
        ),
        (
            "labels: [a, b]\nprompt: '{document}'\nlist_prompt: '{document} Genres:'",
            "add multi_label: true or leave it out",
        ),
        ("labels: [spam, ham]\nprompt: '{document}'\npatterns: {spma: x}", "did you mean 'spam'"),
        ("labels: [a, b]\nprompt: '{document}'\npatterns: {a: '('}", "not a regular expression"),
        ("labels: [a, b]\nprompt: '{document}'\npatterns: {a: '(x+)+y'}", "may never finish"),
        ("labels: [a, b]\nprompt: '{document}'\nrefusals: ['[']", "not a regular expression"),
        ("labels: [a, b]\nprompt: '{document}'\nboth: c", "both names 'c'"),
        ("labels: [a, b]\nprompt: '{document}'\npositive: c", "positive names 'c'"),
        ("labels: [a, b]\nprompt: '{document}'\nnegatives_first: [c]", "negatives_first names 'c'"),
        ("labels: [a, b]\nprompt: '{document}'\nexamples: [{document: x, label: c}]", "examples names 'c'"),
        ("labels: [a, b]\nprompt: '{document}'\nexamples: [{document: x}]", "expected a list of"),
        ("labels: [a, b]\nprompt: '{document}'\nchoices: {a: x, b: x}", "a different, non-empty one"),
        ("labels: [a, b]\nprompt: '{document}'\nuses_image: maybe", "expected true or false"),
        ("labels: [a, b]\nlabels: [c, d]\nprompt: '{document}'", "comes twice"),
        ("labels: [a, b", "not valid YAML"),
        ("- a\n- b", "expected `key: value`"),
        ("!!python/object/apply:os.getcwd []", "not valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        load_task(write_task(tmp_path, text))
    assert "mine.yaml" in str(caught.value)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'hateful_memes'"):
        load_task("hateful-memes")
    with pytest.raises(ValueError, match="cannot be read"):
        load_task("no/such/task.yaml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("labels: [é, b]\nprompt: '{document}'".encode("latin-1"))
    with pytest.raises(ValueError, match="not UTF-8"):
        load_task(str(path))


def test_a_task_built_in_code_is_checked_too() -> None:
    with pytest.raises(ValueError, match="at least two"):
        Task("t", "s", ("a",), "{document}")


def test_both_and_several_labels_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        Task("t", "s", ("a", "b"), "{document}", both="b", multi_label=True)


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
