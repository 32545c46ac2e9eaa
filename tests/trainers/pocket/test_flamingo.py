from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
import torch
from miniature_home import TINY

from actors.models.flamingo.assembly import Flamingo
from actors.models.flamingo.store import load_flamingo
from actors.models.weights.pocket import PocketRecipe, pocket_place
from actors.prompts.rewriting import ASSISTANT, HUMAN, SYSTEM
from pipelines.sources.scenes.questions import ask
from trainers.pocket.flamingo import (
    PICTURE,
    answer,
    build,
    guesses,
    kind_of_batch,
    normalise,
    request_and_text,
    start_training,
)
from trainers.pocket.scenes import pictures, png, scenes
from trainers.pocket.words import BRIEFLY


def trained(root: Path) -> Flamingo:
    return load_flamingo(pocket_place("flamingo", TINY, root=root), dtype="float32", device="cpu")


def test_kinds_of_batches_have_the_recipes_shares() -> None:
    settings, rng = PocketRecipe().flamingo, Random(0)
    counts = Counter(kind_of_batch(rng, settings) for _ in range(4000))
    assert counts["polite"] / 4000 == pytest.approx(settings.polite_share, abs=0.03)
    assert counts["answer"] / 4000 == pytest.approx(settings.answer_share, abs=0.03)


def test_every_request_shows_its_picture_once_and_says_what_kind_of_answer_it_wants() -> None:
    rng = Random(1)
    for scene in scenes("train", 40):
        for kind in ("polite", "answer", "raw"):
            text = request_and_text(scene, rng, kind, system=kind == "raw")
            assert text.prompt.count(PICTURE) == 1 and PICTURE not in text.answer
            assert text.prompt.endswith(f"{PICTURE}{ASSISTANT}")
            assert text.prompt.startswith(SYSTEM + HUMAN if kind == "raw" else HUMAN)
            assert (BRIEFLY in text.prompt) is (kind != "polite")


def test_everything_new_trains_and_the_two_trained_parts_stand_still(pocket_models: Path) -> None:
    parts = {role: pocket_place(role, TINY, root=pocket_models) for role in ("clip", "language")}
    flamingo = build(TINY.flamingo, parts)
    moving = {id(value) for value in start_training(flamingo)}
    names = {name for name, value in flamingo.model.named_parameters() if id(value) in moving}
    assert all("perceiver" in name or "gated_cross_attn" in name or "embed" in name for name in names)
    assert any("perceiver" in name for name in names)
    frozen = [v for v in flamingo.model.parameters() if id(v) not in moving]
    assert not any(value.requires_grad for value in frozen)
    assert all(value.requires_grad for value in start_training(flamingo))


def test_training_sees_the_pixels_that_users_see(pocket_models: Path) -> None:
    flamingo = load_flamingo(
        pocket_place("flamingo", TINY, root=pocket_models), dtype="float32", device="cpu"
    )
    (scene,) = scenes("test", 1)
    drawn = normalise(pictures([scene], TINY.clip.side), flamingo.transform)[0]
    assert torch.allclose(drawn, flamingo.transform(png(scene, TINY.clip.side)), atol=0.02)


def test_answers_come_in_the_order_of_the_prompts(pocket_models: Path) -> None:
    flamingo = load_flamingo(
        pocket_place("flamingo", TINY, root=pocket_models), dtype="float32", device="cpu"
    )
    shown = [png(scene, TINY.clip.side) for scene in scenes("test", 2)]
    prompts = [
        f"{HUMAN}{words}{PICTURE}{ASSISTANT}" for words in ("What is it?", "How many rings are there?")
    ]
    together = answer(flamingo, prompts, shown, 3)
    alone = [answer(flamingo, [one], [content], 3)[0] for one, content in zip(prompts, shown, strict=True)]
    assert together == alone


def test_the_guesser_knows_how_questions_were_commonly_answered_in_training() -> None:
    rng = Random(TINY.seed + 1)
    items = [ask(scene, rng) for scene in scenes("train", TINY.flamingo.pictures)]
    answers = Counter(item.answer for item in items if item.question == items[0].question)
    (guess,) = guesses([items[0].question], TINY)
    assert answers[guess] == max(answers.values())
    assert guesses(["Unheard of question"], TINY) == ["yes"]
