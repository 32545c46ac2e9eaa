from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
import torch
from miniature_home import TINY

from actors.models.judges.pair_classifier import LABELS
from actors.models.weights.pocket import pocket_place
from trainers.pocket.judges import (
    batch,
    encode,
    hypothesis_only,
    nli_figures,
    nli_pairs,
    reward_figures,
    start,
)

PAIRS = [("a red ring", "ring"), ("two blue squares and a ring", "two blue squares and a ring " * 60)]


def test_a_scene_gives_three_pairs_in_the_order_of_the_classes() -> None:
    pairs = nli_pairs("train", 30, Random(0))
    assert [pair.label for pair in pairs] == [0, 1, 2] * (len(pairs) // 3)
    assert pairs == nli_pairs("train", 30, Random(0))


def test_pairs_are_cut_at_the_context_and_padded_on_the_right() -> None:
    tokenizer, _ = start(TINY.nli, [text for pair in PAIRS for text in pair], LABELS)
    encoded = encode(tokenizer, PAIRS, TINY.nli)
    assert max(len(row["input_ids"]) for row in encoded) == TINY.nli.context
    rows = batch(tokenizer, encoded, [0, 1])
    assert rows["input_ids"].shape == (2, TINY.nli.context)
    assert rows["attention_mask"][0].tolist() == sorted(rows["attention_mask"][0].tolist(), reverse=True)
    assert set(rows["token_type_ids"][1].tolist()) == {0, 1}


def test_classes_have_the_names_that_the_judge_reads() -> None:
    _, model = start(TINY.nli, ["a", "b"], LABELS)
    assert tuple(model.config.id2label.values()) == LABELS
    assert model.config.hidden_dropout_prob == 0.0


def test_the_seed_decides_the_first_weights() -> None:
    models = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        models.append(start(TINY.reward, ["a", "b"], ("reward",))[1].classifier.weight)
    assert torch.equal(models[0], models[1]) and not torch.equal(models[0], models[2])


def test_a_look_at_the_hypothesis_alone_is_right_in_a_third(pocket_models: Path) -> None:
    held = nli_pairs("test", 100, Random(0))
    assert hypothesis_only(held, TINY) == pytest.approx(1 / 3, abs=0.01)
    figures = nli_figures(pocket_place("nli", TINY, root=pocket_models), TINY)
    assert [figure.name for figure in figures] == ["NLI accuracy", *(f"NLI {name}" for name in LABELS)]
    assert sum(figure.rows for figure in figures[1:]) == figures[0].rows


def test_the_reward_is_measured_on_answers_of_the_same_length_and_on_raw_ones(pocket_models: Path) -> None:
    hard, raw = reward_figures(pocket_place("reward", TINY, root=pocket_models), TINY)
    assert hard.rows <= raw.rows == TINY.held_out
    assert raw.baseline > 0.9 > hard.baseline  # a polite answer is longer than an annotation
    assert Counter([hard.baseline_name, raw.baseline_name]) == {"prefer the longer": 2}
