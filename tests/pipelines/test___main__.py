"""Errors of a run that the same command goes on with are a sentence and exit code 1."""

from __future__ import annotations

from pipelines.__main__ import PROGRAM


def test_what_stops_a_run_is_known_by_its_class():
    assert {error.__name__ for error in PROGRAM.stops()} == {"StageCrashed", "TooManyFailed", "Unbalanced"}
