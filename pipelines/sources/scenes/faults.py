"""Faults planted into good rewritten responses, so that a filter's precision and recall are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from actors.distortion.strategies import BOX_HEADER

FAULTS = (
    "changed_answer", "hallucinated_paragraph",
    "unchanged", "recased", "endless_repetition", "missing_end", "leftover_boxes", "too_short", "too_long",
)  # fmt: skip
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
    left_out = {"changed_answer"} if caption else {"hallucinated_paragraph", "leftover_boxes"}
    return [
        fault for fault in FAULTS if fault not in left_out and (fault != "changed_answer" or material.changed)
    ]


def plant(fault: str, material: Material, rng: Random) -> Planted:
    """The response with that fault.

    Raises:
        ValueError: a fault that does not exist.
    """
    match fault:
        case "changed_answer":
            return Planted(str(material.changed), "answer")
        case "hallucinated_paragraph":
            own, foreign = material.paragraph, rng.choice(material.foreign)
            position = rng.choice((0, 1, 1))
            paragraphs = [foreign, own] if position == 0 else [own, foreign]
            return Planted("\n\n".join(paragraphs), f"paragraph {position}")
        case "unchanged":
            return Planted(material.terse, "all")
        case "recased":
            bare = material.terse.strip().rstrip(".")
            cases = (bare.capitalize() + ".", bare.upper(), bare.title(), bare.capitalize() + "!")
            return Planted(rng.choice(cases), "all")
        case "endless_repetition":
            return _endless_repetition(material.good, rng)
        case "missing_end":
            return _missing_end(material.good, rng)
        case "leftover_boxes":
            header = [BOX_HEADER] if rng.random() < 0.5 else []
            return Planted("\n".join([material.good, *header, *material.box_lines]), "end")
        case "too_short":
            return Planted(rng.choice(("Sure.", "Okay.", "It.", "Well.", "The.", "Picture.")), "all")
        case "too_long":
            return Planted(_too_long(material, rng), "end")
    raise ValueError(f"fault {fault!r} is not known; expected one of {sorted(FAULTS)}")


def _endless_repetition(good: str, rng: Random) -> Planted:
    sentences = re.findall(r"[^.!?]+[.!?]", good)
    start = rng.randrange(len(sentences))
    opening = "".join(sentences[: start + 1]).strip()
    again = sentences[start].strip()
    return Planted(" ".join([opening, *[again] * REPEATS]), f"sentence {start}", "length")


def _missing_end(good: str, rng: Random) -> Planted:
    words = good.split(" ")
    cut = rng.randint(max(2, len(words) // 2), max(2, len(words) - 1))
    text = " ".join(words[:cut]).rstrip(".!?,:\n ")
    dots = rng.random() < 0.3
    return Planted(text + "..." if dots else text, f"word {cut}", "stop" if dots else "length")


def _too_long(material: Material, rng: Random) -> str:
    """Words without end that repeat no sentence: only the length is wrong."""
    words = [word.strip(".,!?:").lower() for word in f"{material.good} {material.paragraph}".split()]
    text = material.good
    while len(text.split()) < LONG_WORDS:
        rng.shuffle(words)
        text += " " + " ".join(words[: rng.randint(6, 14)]).capitalize() + "."
    return text
