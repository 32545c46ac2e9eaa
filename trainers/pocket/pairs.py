"""Pairs of texts for the pocket judges: contradictions that share words, and drafts as long as answers."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import NamedTuple

from actors.scorers.similarity import nli_pair
from pipelines.sources.scenes.captions import five_captions
from pipelines.sources.scenes.polite import ANSWERS, polite_answer, say, sentence_case
from pipelines.sources.scenes.questions import Question, ask
from pipelines.sources.scenes.world import Scene
from trainers.pocket.noise import damage, shorten_as_notes, shuffle_words
from trainers.pocket.words import any_draft, polite_text

CONTRADICTION, ENTAILMENT, NEUTRAL = 0, 1, 2  # the order of cross-encoder/nli-deberta-v3-base
DISTRACTED_SHARE, REASON_SHARE = 0.35, 0.25
HARD = ("joined captions", "shuffled words", "lower case keywords", "damaged")


class Judged(NamedTuple):
    """Premise and hypothesis with their class."""

    premise: str
    hypothesis: str
    label: int


class Preference(NamedTuple):
    """Two answers to a question of which the first is the polite one; `kind` says what the second is."""

    question: str
    polite: str
    other: str
    kind: str


def nli_triple(scene: Scene, elsewhere: Scene, rng: Random) -> list[Judged]:
    """One hypothesis with a premise of each class, so that neither it nor shared words give the class away.

    Neutral premises say the same kind of thing about something else; so do the second halves of some
    premises of the other two classes.
    """
    question = ask(scene, rng)
    if question.kind == "yes_no" and rng.random() < 0.5:
        question = ask(scene, rng)
    other = _about_something_else(question, elsewhere, rng)
    if other is None:
        return []
    wrong = rng.choice(sorted(question.wrong))
    raw = rng.choice((question.answer, question.answer, sentence_case(question.answer) + "."))
    if rng.random() < REASON_SHARE:
        raw = f"{question.answer}, {question.rationale}"
    false = replace(question, answer=wrong, statement=question.wrong[wrong])
    premises = (
        _premise(false, other, rng, _false_reason(question, wrong)),
        _premise(question, other, rng, question.rationale),
        _neutral(other, _about_something_else(question, elsewhere, rng) or other, rng),
    )
    pairs = [nli_pair(question.question, premise, raw) for premise in premises]
    return [Judged(*pair, label) for label, pair in enumerate(pairs)]


def preference(scene: Scene, rng: Random, kind: str | None = None) -> Preference:
    """A polite answer against something worse: a raw annotation, or a hard kind that is as long."""
    draft = any_draft(scene, rng)
    polite = polite_text(draft, rng)
    chosen = kind or rng.choice(("raw", *HARD))
    if chosen == "raw":
        return Preference(draft.request, polite, draft.terse, chosen)
    makers = {
        "joined captions": lambda: _captions(scene, rng),
        "shuffled words": lambda: shuffle_words(polite, rng),
        "lower case keywords": lambda: shorten_as_notes(polite + " " + _captions(scene, rng), rng).lower(),
        "damaged": lambda: damage(damage(polite + " " + _captions(scene, rng), rng), rng),
    }
    return Preference(draft.request, polite, _as_long(makers[chosen](), polite, scene, rng), chosen)


def length_matched(pair: Preference) -> bool:
    """Whether the two answers have the same number of words, give or take a tenth."""
    first, second = len(pair.polite.split()), len(pair.other.split())
    return abs(first - second) <= max(1, first // 10)


def _about_something_else(question: Question, scene: Scene, rng: Random) -> Question | None:
    subject = _subject(question)
    for _ in range(12):
        other = ask(scene, rng, question.kind)
        if other.kind == question.kind and not _subject(other) & subject:
            return other
    return None


def _subject(question: Question) -> frozenset[str]:
    """The things a question is about: its words that name a colour, a kind or a number of things."""
    words = frozenset(question.question.lower().rstrip("?").split())
    return words - frozenset(
        (
            "what", "color", "is", "the", "of", "shape", "object", "thing", "in", "picture", "how", "many",
            "are", "there", "big", "small", "or", "large", "where", "left", "right", "above", "below", "a",
            "does", "image", "contain", "left,", "right,", "number", "written", "which", "can", "be", "read",
        )
    )  # fmt: skip


def _premise(question: Question, other: Question, rng: Random, reason: str) -> str:
    if rng.random() < DISTRACTED_SHARE:
        statements = [question.statement, other.statement]
        rng.shuffle(statements)
        return say(ANSWERS, rng, question.answer, " and ".join(statements))
    text = polite_answer(question, rng)
    if reason and rng.random() < REASON_SHARE:
        text += f" This is because {reason}."
    return text


def _neutral(other: Question, another: Question, rng: Random) -> str:
    if rng.random() < DISTRACTED_SHARE and another.statement != other.statement:
        return say(ANSWERS, rng, other.answer, f"{other.statement} and {another.statement}")
    return polite_answer(other, rng, reason=rng.random() < REASON_SHARE)


def _false_reason(question: Question, wrong: str) -> str:
    """The reason with the wrong answer in the true one's place, or none where it does not name it."""
    words = question.rationale.split()
    if question.answer not in words:
        return ""
    return " ".join(wrong if word == question.answer else word for word in words)


def _captions(scene: Scene, rng: Random) -> str:
    captions = five_captions(scene, rng)
    rng.shuffle(captions)
    return rng.choice(("\n", ", ", " ")).join(captions)


def _as_long(text: str, polite: str, scene: Scene, rng: Random) -> str:
    """The text cut, or continued with captions, to the number of words of `polite`."""
    num_words = len(polite.split())
    while len(text.split()) < num_words:
        text += " " + _captions(scene, rng)
    pieces = text.split(" ")
    while len(" ".join(pieces).split()) > num_words:
        pieces.pop()
    return " ".join(pieces)
