"""Suggestions for mistyped names."""

from actors.did_you_mean import did_you_mean


def test_a_near_name_is_suggested_as_it_is_written() -> None:
    assert did_you_mean("TEXT", ["Text", "label"]) == "; did you mean 'Text'?"
    assert did_you_mean("anotator", ["annotator", "engine"]) == "; did you mean 'annotator'?"


def test_nothing_is_suggested_when_nothing_is_near() -> None:
    assert did_you_mean("zebra", ["text", "label"]) == ""
    assert did_you_mean("x", []) == ""
