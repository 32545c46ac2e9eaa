"""YAML as people write it."""

from pathlib import Path

import pytest

from actors.prompts.yaml_file import read_yaml_mapping


def test_yes_and_no_stay_words_and_true_and_false_do_not(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("\ufefflabels: [yes, no, on, off]\nuses_image: true\n", encoding="utf-8")
    assert read_yaml_mapping(file) == {"labels": ["yes", "no", "on", "off"], "uses_image": True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2\n", "key 'a' comes twice"),
        ("a: {b: 1, b: 2}\n", "key 'b' comes twice"),
        ("- a\n", "expected `key: value` lines, found list"),
        ("1: a\n", "expected `key: value` lines"),
        ("a: [1\n", "not valid YAML"),
    ],
)
def test_what_would_silently_be_something_else_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words):
        read_yaml_mapping(file)
