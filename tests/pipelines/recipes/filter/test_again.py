"""Other limits on scores that are there, and a filter that somebody adds."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filter_run import Rewritten, filtered_rows

from actors.filters.catalog import RESPONSE_FILTERS
from pipelines.recipes.filter.again import filter_again
from pipelines.recipes.filter.settings import LIMITS, Limits

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    """The folder, and what a tree with one more filter in its list shows (see `one_more_filter`)."""
    folder = tmp_path_factory.mktemp("extended")
    script = ROOT / "tests/support/one_more_filter.py"
    paths = os.pathsep.join([str(ROOT), str(script.parent)])
    ran = subprocess.run(
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return folder, json.loads(ran.stdout.splitlines()[-1])


def test_a_new_filter_drops_and_decides_again(extended):
    shown = extended[1]
    assert shown["shouting"] == [1, 0, 1]
    assert shown["limits"] == [0.5, 1.0, 0.5]


def test_what_a_new_rule_drops_is_not_shown_as_judged_by_scores(extended):
    assert extended[1]["past_rules"] and "tiny/all/good-0" not in extended[1]["past_rules"]


def test_the_limit_of_a_new_filter_is_a_flag(extended):
    words = " ".join(extended[1]["help"].split())
    assert "--max-capitals FLOAT Largest share of capital letters. (default: 0.5)" in words


@pytest.mark.parametrize("place", ["list", "inspect", "report", "card"])
def test_the_words_of_a_new_filter_stand_wherever_reasons_do(extended, place):
    assert "shouting" in extended[1][place]
    assert "mostly capital letters" in " ".join(extended[1][place].split())


def test_drops_of_a_filter_that_is_not_there_any_more_are_named(extended, tmp_path, caplog):
    caplog.set_level(logging.WARNING)  # libraries that were imported before may have raised it
    again = filter_again(extended[0] / "run", tmp_path / "again", Limits(max_words=4))
    assert "1 rows stay dropped for 'shouting'" in caplog.text
    assert again.reasons["dropped"]["shouting"] == 1 and again.reasons["dropped"]["too_long"] > 0
    assert again.words["dropped"]["shouting"] == "mostly capital letters"


def test_nothing_is_named_where_every_drop_was_decided_again(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    run = filtered_rows(tmp_path / "run", Rewritten(tmp_path / "pictures"))
    assert sum(run.reasons["dropped"].values()) == 4
    filter_again(run.path, tmp_path / "again", Limits())
    assert "stay dropped" not in caplog.text


def test_every_limit_belongs_to_one_filter():
    from actors.filters.limits import limits_of

    names = [limit.name for kind in RESPONSE_FILTERS for limit in limits_of(kind).values()]
    assert len(names) == len(set(names)) and set(names) <= set(LIMITS)
