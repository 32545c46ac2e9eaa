"""Limits of the pocket CLIP, STS and NLI, set on scenes that no model was trained or measured on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.filters.rewritten_text import clip_sentences
from actors.filters.scores import contradiction_lead
from actors.models.weights.pocket import THRESHOLDS, PocketRecipe
from actors.scorers.paragraphs import paragraph_score
from actors.scorers.similarity import nli_pair
from pipelines.sources.scenes.polite import polite_answer, polite_caption
from pipelines.sources.scenes.questions import ask
from trainers.pocket.figures import Figure, share
from trainers.pocket.scenes import png, scenes, step_random
from trainers.pocket.words import caption_draft

SPLIT = "calibration"


def clip_threshold(folder: Path, recipe: PocketRecipe) -> list[Figure]:
    """Writes `min_clip_score` to the CLIP's folder: it tells paragraphs about a picture from those about
    another one."""
    from actors.models.judges.clip import ClipModel

    model = ClipModel(str(folder))
    rng = step_random(recipe.seed, "clip threshold", 0)
    held_out = scenes(SPLIT, recipe.held_out)
    captions = [polite_caption(scene, rng, paragraphs=2).split("\n\n") for scene in held_out]
    images = model.embed_images([png(scene, recipe.clip.side) for scene in held_out])
    sentences = sorted({s for paragraphs in captions for text in paragraphs for s in clip_sentences(text)})
    embeddings = dict(zip(sentences, model.embed_texts(sentences), strict=True))

    def score(picture: Any, text: str) -> float:
        return paragraph_score(picture, [embeddings[sentence] for sentence in clip_sentences(text)])

    own = [score(images[i], text) for i, paragraphs in enumerate(captions) for text in paragraphs]
    foreign = [score(images[i - 1], text) for i, paragraphs in enumerate(captions) for text in paragraphs]
    return _store(folder, "min_clip_score", "foreign paragraphs told apart", own, foreign)


def sts_threshold(folder: Path, model_folder: str, recipe: PocketRecipe) -> list[Figure]:
    """Writes `min_sts` to `folder`: it tells a description of the same picture from one of another."""
    from actors.models.judges.sts import StsModel

    folder.mkdir(parents=True, exist_ok=True)
    rng = step_random(recipe.seed, "sts threshold", 0)
    drafts = [caption_draft(scene, rng, recipe.clip.side) for scene in scenes(SPLIT, recipe.held_out)]
    model = StsModel(model_folder)
    polite = model.embed([draft.polite for draft in drafts])
    terse = model.embed([draft.terse for draft in drafts])
    own, foreign = (
        [float(a @ b / (a.norm() * b.norm())) for a, b in zip(polite, other, strict=True)]
        for other in (terse, terse.roll(1, 0))
    )
    return _store(folder, "min_sts", "foreign descriptions told apart", own, foreign)


def nli_threshold(folder: Path, recipe: PocketRecipe) -> list[Figure]:
    """Writes `max_contradiction_lead` to the NLI model's folder: it tells changed answers from kept ones."""
    from actors.models.judges.pair_classifier import NliModel

    rng = step_random(recipe.seed, "nli threshold", 0)
    faithful, changed = [], []
    for scene in scenes(SPLIT, recipe.held_out):
        question = ask(scene, rng)
        wrong = rng.choice(sorted(question.wrong))
        faithful.append(nli_pair(question.question, polite_answer(question, rng), question.answer))
        false = polite_answer(question, rng, answer=wrong)
        changed.append(nli_pair(question.question, false, question.answer))
    model = NliModel(str(folder))
    own, foreign = ([-_lead(row) for row in model.logits(pairs).tolist()] for pairs in (faithful, changed))
    return _store(folder, "max_contradiction_lead", "changed answers told apart", own, foreign, sign=-1)


def best_limit(own: Sequence[float], foreign: Sequence[float]) -> float:
    """The limit at or above which most of `own` and least of `foreign` lie (largest sum of the two shares
    told apart), half-way between two scores."""
    scores = sorted([(value, 1) for value in own] + [(value, 0) for value in foreign])
    own_above, foreign_below = len(own), 0
    best, limit = own_above / len(own), scores[0][0]
    for position, (value, is_own) in enumerate(scores[:-1]):
        own_above, foreign_below = own_above - is_own, foreign_below + 1 - is_own
        apart = own_above / len(own) + foreign_below / len(foreign)
        above = scores[position + 1][0]
        if above > value and apart > best:
            best, limit = apart, (value + above) / 2
    return limit


def _store(
    folder: Path, name: str, figure: str, own: Sequence[float], foreign: Sequence[float], *, sign: int = 1
) -> list[Figure]:
    limit = best_limit(own, foreign)
    (folder / THRESHOLDS).write_text(json.dumps({name: sign * round(limit, 4)}, indent=1) + "\n")
    right = [value >= limit for value in own] + [value < limit for value in foreign]
    return [share(figure, right, 0.5, "chance")]


def _lead(logits: Sequence[float]) -> float:
    lead = contradiction_lead(logits)
    assert lead is not None
    return lead
