"""The table of verbs says what the functions say."""

from __future__ import annotations

import inspect

import pytest

from trainers.verbs import TRAINERS


@pytest.mark.parametrize("verb", TRAINERS, ids=lambda verb: verb.name)
def test_the_line_of_a_verb_is_the_first_of_its_docstring(verb):
    assert verb.summary == (inspect.getdoc(verb.load()) or "").splitlines()[0]
