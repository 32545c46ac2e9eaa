"""The table of verbs says what the functions say."""

from __future__ import annotations

import inspect
import re

import pytest

from pipelines.command_line.flags import flags_of, help_text
from pipelines.verbs import VERBS
from trainers.verbs import TRAINERS


@pytest.mark.parametrize("verb", [*VERBS, *TRAINERS], ids=lambda verb: verb.name)
def test_every_flag_says_what_it_does_and_help_has_it(verb):
    function = verb.load_for([])
    flags, words = flags_of(function), help_text(function, verb.name)
    silent = [flag.invocation for flag in flags if not re.sub(r"\((required|default: .*)\)$", "", flag.words)]
    assert silent == []
    assert [flag.invocation for flag in flags if f"\n  {flag.invocation}" not in words] == []
    assert "{None" not in words and all(f"\n  {flag}" in words for flag in ("--config FILE", "--version"))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_line_of_a_verb_is_the_first_of_its_docstring(verb):
    assert verb.summary == (inspect.getdoc(verb.load()) or "").splitlines()[0]
