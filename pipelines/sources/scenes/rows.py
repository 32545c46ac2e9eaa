"""Rows about one picture: what is asked, how a hurried annotator answers, and how a polite one does."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pipelines.sources.scenes.captions import (
    CAPTION_STYLES,
    WHERE,
    five_captions,
    region_phrase,
    terse_caption,
    terse_change,
)
from pipelines.sources.scenes.drawing import box_shares
from pipelines.sources.scenes.polite import (
    CLASSES,
    REGIONS,
    polite_answer,
    polite_caption,
    polite_change,
    say,
    sentence_case,
)
from pipelines.sources.scenes.questions import Question, ask
from pipelines.sources.scenes.world import Scene, changed_scene

BRIEF_REQUESTS = (
    "Describe the image briefly.",
    "What does this picture show?",
    "Summarize the visual content of the image.",
    "What can you see in this image?",
    "Give a short description of the picture.",
)
DETAIL_REQUESTS = (
    "Describe the image in detail.",
    "Please give a detailed description of this picture.",
    "Explain what is in the image and how it is arranged.",
    "Can you describe everything that you see in this picture?",
)
CHANGE_REQUESTS = (
    "What is the difference between the two images?",
    "What has changed from the first picture to the second?",
    "Compare the two images and describe the change.",
)
DEFINITIONS = {
    "circle": "A circle is a round shape whose edge is equally far from its center everywhere.",
    "rectangle": "A rectangle is a shape with four straight sides and four right angles.",
    "triangle": "A triangle is a shape with three straight sides and three corners.",
    "diamond": "A diamond is a square that stands on one of its corners.",
    "cross": "A cross is made of two bars that meet in the middle.",
    "ring": "A ring is a round band with a hole in the middle.",
}
DETAILED_STYLES = ("captions_boxes", "count_boxes", "captions")


@dataclass(frozen=True)
class Draft:
    """One row before it is written: `polite` is one paragraph, `detailed` two (captions only)."""

    task: str
    request: str
    terse: str
    style: str
    polite: str
    detailed: str | None = None
    question: Question | None = None
    second: Scene | None = None


def caption_draft(scene: Scene, rng: Random, side: int) -> Draft:
    """A draft that asks for a description, in detail where the raw annotation is long."""
    style = rng.choice(CAPTION_STYLES)
    captions = five_captions(scene, rng)
    terse = terse_caption(scene, captions, style, side)
    request = rng.choice(DETAIL_REQUESTS if style in DETAILED_STYLES else BRIEF_REQUESTS)
    detailed = polite_caption(scene, rng, paragraphs=2)
    return Draft("caption", request, terse, style, detailed.split("\n\n")[0], detailed)


def question_draft(scene: Scene, rng: Random) -> Draft:
    """A draft that asks a question with a bare answer, as in VQAv2, GQA and CLEVR."""
    question = ask(scene, rng)
    terse = rng.choice((question.answer, question.answer, sentence_case(question.answer) + "."))
    polite = polite_answer(question, rng)
    return Draft("vqa", question.question, terse, "answer", polite, question=question)


def rationale_draft(scene: Scene, rng: Random) -> Draft:
    """A draft that asks a question whose annotation gives a reason, as in A-OKVQA and VQA-E."""
    question = ask(scene, rng)
    style = rng.choice(("answer_reason", "reason_after_comma"))
    if style == "answer_reason":
        terse = f"Answer: {sentence_case(question.answer)}. {sentence_case(question.rationale)}."
    else:
        terse = f"{question.answer}, {question.rationale}"
    polite = polite_answer(question, rng, reason=True)
    return Draft("vqa_rationale", question.question, terse, style, polite, question=question)


def other_draft(scene: Scene, rng: Random, side: int) -> Draft:
    """A draft that asks for a class, a region or the change between two pictures."""
    makers = [_region_draft, _change_draft] + [_class_draft] * (len(scene.shapes) == 1)
    return rng.choice(makers)(scene, rng, side)


def _class_draft(scene: Scene, rng: Random, side: int) -> Draft:
    shape = scene.shapes[0]
    terse = f"This is a drawing of a {shape.name}.\n\n{DEFINITIONS[shape.kind]}"
    polite = say(CLASSES, rng, shape.name, DEFINITIONS[shape.kind])
    return Draft("classification", "What is this?", terse, "class_definition", polite)


def _region_draft(scene: Scene, rng: Random, side: int) -> Draft:
    shape = rng.choice(scene.shapes)
    box = ", ".join(f"{value:.3f}" for value in box_shares(shape, side))
    polite = say(REGIONS, rng, shape.full_name, WHERE[shape.place])
    request = f"Describe the object inside this bounding box: [{box}]."
    return Draft("region_caption", request, region_phrase(shape), "expression", polite)


def _change_draft(scene: Scene, rng: Random, side: int) -> Draft:
    after, kind, shape = changed_scene(scene, rng)
    terse = terse_change(kind, scene, shape)
    polite = polite_change(kind, scene, shape, rng)
    return Draft("change_caption", rng.choice(CHANGE_REQUESTS), terse, "change", polite, second=after)
