from __future__ import annotations

import pytest
from response_rows import marks

from actors.filters.change import ChangeFilter, fold


@pytest.mark.parametrize(
    ("new", "old", "dropped"),
    [("No.", "no", True), ("A  RED   dog!", "a red dog", True), ("A red dog runs.", "a red dog", False)],
)
def test_a_response_that_only_changed_case_and_marks_is_unchanged(new, old, dropped):
    found = marks(ChangeFilter(), {"response": new, "response_original": old})
    assert found == ["unchanged" if dropped else None]


def test_texts_of_marks_alone_are_compared_as_they_are():
    assert fold("?!") != fold("...")
