"""What is made of human labels and a model's to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.training_labels import LabelMaker, threshold_for, without_doubles

ROWS = 200
HUMAN = np.arange(ROWS, dtype=np.int32) % 2
SPACE = LabelSpace(("no", "yes"))
IDS = [f"d/train/{number:03}" for number in range(ROWS)]
TRAIN = StudySplit(SPACE, IDS, HUMAN, ["en"] * ROWS, IDS, 0)
MAKER = LabelMaker(TRAIN, ClassifierFlags(seeds=2, keep=(0.25,), mix=(0.1,), human=(0.05, 0.5)))


def annotation(codes=None, confidence=None, mode="rank"):
    codes = np.where(np.arange(ROWS) % 10 == 0, NO_LABEL, 1 - HUMAN) if codes is None else codes
    sure = np.linspace(0, 1, ROWS) if confidence is None else confidence
    return Annotation("robot", mode, Path("run"), codes.astype(np.int32), np.where(codes < 0, np.nan, sure))


def made(item=None, suspects="off"):
    return {source.kind: source for source in MAKER.of(item or annotation(), suspects)}


def test_human_shares_are_samples_that_differ_by_seed_and_hold_the_smaller_ones():
    human, *shares = MAKER.human()
    assert [round(share.num_labels()) for share in shares] == [10, 20, 100]
    small, _, large = shares
    for seed in (0, 1):
        assert set(np.flatnonzero(small.human[seed])) < set(np.flatnonzero(large.human[seed]))
    assert (small.human[0] != small.human[1]).any()
    assert (human.codes[0] == HUMAN).all()


def test_the_same_rows_with_human_labels_are_those_the_model_answered():
    source = made()["same_rows"]
    answered = np.arange(ROWS) % 10 != 0
    assert (source.codes[0][answered] == HUMAN[answered]).all()
    assert (source.codes[0][~answered] == NO_LABEL).all()
    assert source.num_human() == 180


def test_a_mixture_takes_the_human_labels_of_its_seed_and_the_models_for_the_rest():
    mixture, share = made()["mixture"], MAKER.human()[2]
    for seed in (0, 1):
        human = mixture.human[seed]
        assert (human == share.human[seed]).all() and human.sum() == 20
        assert (mixture.codes[seed][human] == HUMAN[human]).all()
        assert (mixture.codes[seed][~human] == annotation().codes[~human]).all()


def test_the_filter_keeps_the_surest_and_says_its_threshold():
    source = made()["filtered"]
    kept = source.codes[0] != NO_LABEL
    assert kept.sum() == 45  # a quarter of 180 answers
    assert annotation().confidence[kept].min() == source.threshold
    assert np.nanmax(np.where(kept, np.nan, annotation().confidence)) < source.threshold


def test_labels_of_equal_confidence_are_kept_together():
    equal = annotation(confidence=np.where(np.arange(ROWS) < 100, 0.9, 0.5))
    assert threshold_for(equal, 0.1) == 0.9
    assert made(equal)["filtered"].num_labels() == 90


def test_free_text_cannot_be_filtered_and_says_why():
    free = annotation(confidence=np.full(ROWS, np.nan), mode="regex")
    assert "no confidence" in made(free)["filtered"].not_run


def test_cleaning_leaves_out_the_suspects():
    suspects = np.arange(ROWS) < 50
    cleaned = made(suspects=suspects)["cleaned"]
    assert (cleaned.codes[0][:50] == NO_LABEL).all() and cleaned.num_labels() == 135
    assert made(suspects="turned off")["cleaned"].not_run == "turned off"


def test_a_source_of_one_label_or_none_is_not_trained():
    constant = made(annotation(codes=np.ones(ROWS)))
    assert "all “yes”" in constant["model"].not_run
    nothing = made(annotation(codes=np.full(ROWS, NO_LABEL)))
    assert "no label for any" in nothing["model"].not_run
    assert constant["mixture"].trained


def test_sources_with_the_same_labels_are_trained_once():
    right = annotation(codes=HUMAN)
    sources = without_doubles([*MAKER.human(), *MAKER.of(right, "off")])
    same = {source.kind: source.same_as for source in sources}
    assert same["model"] == same["same_rows"] == "human" and same["filtered"] == ""
