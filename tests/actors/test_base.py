"""The values that actors and pipelines pass: reasons, bad rows, seeds."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass

import pyarrow as pa
import pytest

from actors.base import Actor, BadRow, Reason, Rewriter, row_seed

ODD = Reason("odd", "an odd number")


@pytest.mark.parametrize("way", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_reason_is_its_code_and_keeps_its_words_on_the_way_to_a_worker(way):
    assert way(ODD) == "odd" and way(ODD).words == "an odd number"
    assert pa.array([way(ODD)], pa.string()).to_pylist() == ["odd"]


def test_a_bad_row_says_its_code_and_what_is_wrong_also_behind_a_worker():
    there = pickle.loads(pickle.dumps(BadRow(ODD, "it is 3")))
    assert (there.reason, there.detail, str(there)) == ("odd", "it is 3", "odd: it is 3")


def test_a_seed_depends_on_the_runs_seed_and_the_id_alone():
    assert row_seed(0, "set/all/1") == row_seed(0, "set/all/1")
    seeds = {row_seed(seed, row_id) for seed in (0, 1) for row_id in ("set/all/1", "set/all/2")}
    assert len(seeds) == 4 and all(0 <= seed < 2**63 for seed in seeds)


def test_the_two_parts_of_a_seed_cannot_run_into_one_another():
    assert row_seed(1, "2") != row_seed(12, "")


@dataclass
class Shorten(Rewriter):
    words: int = 3

    column = "response"


def test_the_fields_of_an_actor_are_its_identity_and_class_attributes_are_not():
    assert Shorten(5).identity() == {"words": 5}


def test_a_rewriter_keeps_the_old_text_beside_the_new_one_and_writes_nothing_else():
    assert (Shorten().keeps, Shorten().writes, Shorten().reads) == ("response_original", {}, ())
    assert Actor.reasons == {}
