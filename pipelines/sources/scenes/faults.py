"""Faults planted into good rewritten responses, so that a filter's precision and recall are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from actors.distortion.boxes import HEADER as BOX_HEADER

RULE_FAULTS = (
    "unchanged", "recased", "endless_repetition", "missing_end", "leftover_boxes", "too_short", "too_long",
)  # fmt: skip
MODEL_FAULTS = ("changed_answer", "hallucinated_paragraph")
FAULTS = (*MODEL_FAULTS, *RULE_FAULTS)
REPEATS, LONG_WORDS = 12, 420


@dataclass(frozen=True)
class Material:
    """What a fault is made from: the raw text, good text, a changed answer (questions only),
    paragraphs about this picture and about another, and the box lines of this picture."""

    terse: str
    good: str
    changed: str | None
    paragraph: str
    foreign: tuple[str, ...]
    box_lines: tuple[str, ...]


@dataclass(frozen=True)
class Planted:
    """A response with its fault, where the fault is, and how decoding would have ended."""

    text: str
    place: str
    finish_reason: str = "stop"


def fitting_faults(material: Material, *, caption: bool) -> list[str]:
    """The faults that make sense for a caption of one picture, or for an answer."""
    only = "hallucinated_paragraph" if caption else "changed_answer"
    kinds = [fault for fault in FAULTS if fault in RULE_FAULTS or fault == only]
    if not caption:
        kinds.remove("leftover_boxes")
    return [kind for kind in kinds if kind != "changed_answer" or material.changed]


def plant(fault: str, material: Material, rng: Random) -> Planted:
    """The response with that fault.

    Raises:
        ValueError: a fault that does not exist.
    """
    if fault not in _PLANTERS:
        raise ValueError(f"fault {fault!r} is not known; expected one of {sorted(_PLANTERS)}")
    return _PLANTERS[fault](material, rng)


def _changed_answer(material: Material, rng: Random) -> Planted:
    return Planted(str(material.changed), "answer")


def _hallucinated_paragraph(material: Material, rng: Random) -> Planted:
    own, foreign = material.paragraph, rng.choice(material.foreign)
    position = rng.choice((0, 1, 1))
    paragraphs = [foreign, own] if position == 0 else [own, foreign]
    return Planted("\n\n".join(paragraphs), f"paragraph {position}")


def _unchanged(material: Material, rng: Random) -> Planted:
    return Planted(material.terse, "all")


def _recased(material: Material, rng: Random) -> Planted:
    bare = material.terse.strip().rstrip(".")
    text = rng.choice((bare.capitalize() + ".", bare.upper(), bare.title(), bare.capitalize() + "!"))
    return Planted(text, "all")


def _endless_repetition(material: Material, rng: Random) -> Planted:
    sentences = re.findall(r"[^.!?]+[.!?]", material.good)
    start = rng.randrange(len(sentences))
    kept = "".join(sentences[: start + 1]).strip()
    again = sentences[start].strip()
    return Planted(" ".join([kept, *[again] * REPEATS]), f"sentence {start}", "length")


def _missing_end(material: Material, rng: Random) -> Planted:
    words = material.good.split(" ")
    cut = rng.randint(max(2, len(words) // 2), max(2, len(words) - 1))
    text = " ".join(words[:cut]).rstrip(".!?,:\n ")
    dots = rng.random() < 0.3
    return Planted(text + "..." if dots else text, f"word {cut}", "stop" if dots else "length")


def _leftover_boxes(material: Material, rng: Random) -> Planted:
    header = [BOX_HEADER] if rng.random() < 0.5 else []
    return Planted("\n".join([material.good, *header, *material.box_lines]), "end")


def _too_short(material: Material, rng: Random) -> Planted:
    return Planted(rng.choice(("Sure.", "Okay.", "It.", "Well.", "The.", "Picture.")), "all")


def _too_long(material: Material, rng: Random) -> Planted:
    """Words without end that repeat no sentence: only the length is wrong."""
    words = [word.strip(".,!?:").lower() for word in f"{material.good} {material.paragraph}".split()]
    text = material.good
    while len(text.split()) < LONG_WORDS:
        rng.shuffle(words)
        text += " " + " ".join(words[: rng.randint(6, 14)]).capitalize() + "."
    return Planted(text, "end")


_PLANTERS = {
    "changed_answer": _changed_answer,
    "hallucinated_paragraph": _hallucinated_paragraph,
    "unchanged": _unchanged,
    "recased": _recased,
    "endless_repetition": _endless_repetition,
    "missing_end": _missing_end,
    "leftover_boxes": _leftover_boxes,
    "too_short": _too_short,
    "too_long": _too_long,
}
