"""The table of verbs says what the functions say."""

from __future__ import annotations

import inspect

import pytest

from pipelines.verbs import VERBS


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_line_of_a_verb_is_the_first_of_its_docstring(verb):
    assert verb.summary == (inspect.getdoc(verb.load()) or "").splitlines()[0]
