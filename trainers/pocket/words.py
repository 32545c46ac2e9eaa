"""Text for the pocket language model: answers, and sentences made from notes, so that copying is learnt.

The notes are framed otherwise than a rewriter's drafts: what a LoRA learns later is not given away.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from actors.prompts.rewriting import ASSISTANT, DRAFT, HUMAN, REVISED, SYSTEM, rewriting_prompt
from pipelines.sources.scenes.rows import Draft, caption_draft, other_draft, question_draft, rationale_draft
from pipelines.sources.scenes.world import COLOURS, KINDS, NUMBER_WORDS, SIZES, Scene
from trainers.pocket.noise import damage, shorten_as_notes
from trainers.pocket.scenes import full_caption

BRIEFLY = " Answer in a few words."  # asks for the raw annotation instead of a polite response
NOTE_FRAMES = (
    ("\nNote: ", "\n"),
    (" [", "]\n"),
    ("\nShort answer: ", "\nFull answer: "),
    ("\nRaw: ", "\nWritten out: "),
    ("\nKeywords: ", "\n"),
)
SYSTEM_SHARE, LOWER_SHARE = 0.25, 0.15
REPEATED_SHARE = 0.25
REPEATED = (*COLOURS, *KINDS, *SIZES, *NUMBER_WORDS, "left", "right", "top", "bottom")
SYLLABLES = ("ka", "lo", "mi", "ter", "vo", "sa", "ne", "ru", "pli", "dor", "an", "qui", "bel", "ost", "ju")
NAMED = (
    "The answer is {0}.",
    "In the picture, you can see {0}.",
    "The text in the image says {0}.",
    "This is {0}, as the image shows.",
    "The name written on it is {0}.",
)


class Written(NamedTuple):
    """A prompt (empty for plain text), and the text that the model learns to write after it."""

    prompt: str
    answer: str


def any_draft(scene: Scene, rng: Random, side: int = 64) -> Draft:
    """The request and responses of a caption, question, rationale or other task, drawn at random."""
    draw = rng.random()
    if draw < 0.3:
        return caption_draft(scene, rng, side)
    if draw < 0.65:
        return question_draft(scene, rng)
    return rationale_draft(scene, rng) if draw < 0.8 else other_draft(scene, rng, side)


def polite_text(draft: Draft, rng: Random) -> str:
    """The polite response: one paragraph, or in 4 of 10 cases two where the draft has them."""
    return draft.detailed if draft.detailed and rng.random() < 0.4 else draft.polite


def draw_text(scene: Scene, rng: Random) -> Written:
    """One text: from notes (two thirds), an answer to a question, or made-up names to copy."""
    draw = rng.random()
    if draw < 0.12:
        return _copied_name(rng)
    draft = any_draft(scene, rng)
    answer, request = polite_text(draft, rng), draft.request
    if rng.random() < LOWER_SHARE:
        request = request.lower()
    head = (SYSTEM if rng.random() < SYSTEM_SHARE else "") + HUMAN + request
    if draw < 0.22:
        return Written(head + BRIEFLY + ASSISTANT, brief(draft, scene, rng))
    if draw < 0.35:
        return Written(head + ASSISTANT, answer)
    before, after = rng.choice(NOTE_FRAMES)
    return Written(f"{head}{before}{note(draft, answer, rng)}{after}{ASSISTANT.lstrip()}", answer)


def brief(draft: Draft, scene: Scene, rng: Random) -> str:
    """A raw annotation of one line: the bare answer, or a caption that names every shape."""
    if draft.question:
        return draft.question.answer
    return full_caption(scene, rng) if draft.task == "caption" else draft.terse.split("\n")[0]


def to_copy(scene: Scene, rng: Random) -> Written:
    """A question with its bare answer in a note, or three words to repeat: short, so that copying the
    note is soon the only thing left to learn."""
    before, after = rng.choice(NOTE_FRAMES)
    if rng.random() < REPEATED_SHARE:
        words = " ".join(rng.choice(REPEATED) for _ in range(3))
        return Written(f"{HUMAN}What is it?{before}{words}{after}{ASSISTANT.lstrip()}", words)
    draft = question_draft(scene, rng)
    return Written(f"{HUMAN}{draft.request}{before}{draft.terse}{after}{ASSISTANT.lstrip()}", draft.polite)


def note(draft: Draft, answer: str, rng: Random) -> str:
    """A note to write the answer from: the terse annotation, or the answer shortened or damaged."""
    draw = rng.random()
    if draw < 0.45:
        long = len(draft.terse) > 400 and rng.random() < 0.7
        return answer.lower() if long else draft.terse
    return shorten_as_notes(answer, rng) if draw < 0.6 else damage(answer, rng)


def vocabulary_texts(scene: Scene, rng: Random) -> list[str]:
    """Texts to learn a tokenizer from: those of `draw_text`, and the rewriting prompt with damaged drafts."""
    text = draw_text(scene, rng)
    draft = any_draft(scene, rng)
    prompt = rewriting_prompt(draft.request, note(draft, draft.polite, rng))
    return [text.prompt + text.answer, prompt, draft.polite, DRAFT + REVISED]


def _copied_name(rng: Random) -> Written:
    name = " ".join(_name(rng) for _ in range(rng.choice((1, 1, 2, 3))))
    before, after = rng.choice(NOTE_FRAMES)
    request = rng.choice(("What is it?", "What does it say?", "Which name is written?", "What is this?"))
    answer = rng.choice(NAMED).format(name)
    return Written(f"{HUMAN}{request}{before}{name}{after}{ASSISTANT.lstrip()}", answer)


def _name(rng: Random) -> str:
    if rng.random() < 0.3:
        return str(rng.randrange(10 ** rng.randint(1, 4)))
    name = "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3)))
    return rng.choice((name, name.capitalize(), name.upper()))
