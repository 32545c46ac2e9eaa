"""Who speaks, by the names that sets use."""

from __future__ import annotations

import pytest

from actors.base import BadRow
from pipelines.sources.dialogues.speakers import ASSISTANT, HUMAN, OTHER_ROLES, ROLES, SYSTEM, read_text


def test_nobody_is_two_people() -> None:
    assert not set(ROLES) & set(OTHER_ROLES)
    assert set(ROLES.values()) == {HUMAN, ASSISTANT} and OTHER_ROLES["system"] == SYSTEM


def test_a_text_is_stripped_and_what_is_none_has_its_reason() -> None:
    assert read_text(" a\n", "turn 1") == "a"
    for value, reason in ((5, "wrong_type"), (None, "wrong_type"), ("\ud800", "malformed_record")):
        with pytest.raises(BadRow, match="turn 3") as caught:
            read_text(value, "turn 3")
        assert caught.value.reason == reason
