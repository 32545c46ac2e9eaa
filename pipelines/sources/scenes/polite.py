"""Polite references: many ways to say the same facts in full sentences and good manners."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from pipelines.sources.scenes.captions import WHERE, enumeration, plural, relation, with_count
from pipelines.sources.scenes.questions import Question
from pipelines.sources.scenes.world import NUMBER_WORDS, Scene, Shape

SHOWS = (
    "The image shows {0} on a {1} background.",
    "In this picture, you can see {0} on a {1} background.",
    "This image features {0}, set against a {1} background.",
    "Here we can see {0} against a {1} background.",
    "The picture presents {0} on a plain {1} background.",
    "In the image, there is a {1} background with {0} on it.",
    "The scene consists of {0}, placed on a {1} background.",
)
DETAILS = (
    "The {0} is {1} and can be found {2}.",
    "You can find the {1} {0} {2}.",
    "The {0}, which is {1}, is placed {2}.",
    "There is a {1} {0} {2}.",
)
NUMBERS = (
    "The number {0} is written {1}.",
    "You can also read the number {0} {1}.",
    "In addition, the number {0} appears {1}.",
)
RELATIONS = (
    "The {0} is {2} the {1}.",
    "The {0} is located {2} the {1}.",
    "You will notice that the {0} is {2} the {1}.",
)
CLOSINGS = (
    "Overall, it is a simple and clear composition.",
    "Together, they make a neat and tidy picture.",
    "The arrangement is simple and easy to take in.",
    "Overall, the scene has a clean and minimal look.",
)
TOTALS = (
    "In total, there {0} {1} in the picture.",
    "Altogether, the image contains {1}.",
    "If we count them, there {0} {1} in all.",
)
ANSWERS = (
    "{1}.",
    "In the picture, {1}.",
    "Based on the image, {1}.",
    "Looking at the picture, {1}.",
    "As we can see in the image, {1}.",
    "From what is shown in the image, {1}.",
)
SHORT_ANSWERS = ("The answer is {0}: {1}.", "The correct answer is {0}, because {1}.")
YES = ("Yes, {1}.", "Yes, that is right: {1}.", "Yes, as the image shows, {1}.")
NO = ("No, {1}.", "No, as far as I can see, {1}.", "No, the image shows that {1}.")
REASONS = (
    "This is because {0}.",
    "We can tell because {0}.",
    "The reason is that {0}.",
    "That follows from the picture: {0}.",
)
OFFERS = (
    "I hope this helps!",
    "Please let me know if you have any other questions.",
    "Feel free to ask if you would like to know more.",
)
CHANGES = (
    "Comparing the two images, we can see that {0}.",
    "The difference between the two pictures is that {0}.",
    "Between the first and the second image, one thing has changed: {0}.",
    "If you look closely at both pictures, you will notice that {0}.",
)
REGIONS = (
    "The object in this region is a {0}, which is located {1} of the picture.",
    "Inside this bounding box, there is a {0}, placed {1} of the image.",
    "This region shows a {0} {1} of the picture.",
)
CLASSES = (
    "This is an image of a {0}. {1}",
    "The picture shows a {0}. {1}",
    "What you see here is a {0}. {1}",
)
OFFER_SHARE, DETAIL_SHARE, PLAIN_SHARE = 0.15, 0.7, 0.75


def say(templates: Sequence[str], rng: Random, *values: str) -> str:
    """One of the templates with the values filled in, its first letter large."""
    return sentence_case(rng.choice(list(templates)).format(*values))


def sentence_case(text: str) -> str:
    """The text with its first letter large and the rest untouched."""
    return text[:1].upper() + text[1:]


def polite_paragraph(scene: Scene, rng: Random) -> str:
    """What is to be seen: every shape named, most of them placed."""
    things = enumeration([with_count(name, count) for name, count in scene.groups()])
    sentences = [say(SHOWS, rng, things, scene.ground)]
    if scene.number is not None:
        sentences.append(say(NUMBERS, rng, str(scene.number), WHERE[scene.number_place]))
    for shape in scene.unique():
        if rng.random() < DETAIL_SHARE:
            sentences.append(say(DETAILS, rng, shape.name, shape.size, WHERE[shape.place]))
    return " ".join(sentences)


def polite_second_paragraph(scene: Scene, rng: Random) -> str:
    """How the shapes stand to each other, how many there are, and a kind word; it names shapes."""
    unique, sentences = scene.unique(), []
    if len(unique) > 1:
        one, other = rng.sample(unique, 2)
        sentences.append(say(RELATIONS, rng, one.name, other.name, relation(one, other)))
    else:
        shape = rng.choice(scene.shapes)
        sentences.append(say(DETAILS, rng, shape.name, shape.size, WHERE[shape.place]))
    total = len(scene.shapes)
    number = f"{NUMBER_WORDS[total]} {plural('shape', total)}"
    sentences.append(say(TOTALS, rng, "is" if total == 1 else "are", number))
    sentences.append(rng.choice(CLOSINGS))
    return " ".join(sentences)


def polite_caption(scene: Scene, rng: Random, paragraphs: int) -> str:
    """One or two paragraphs, an empty line between them."""
    first = polite_paragraph(scene, rng)
    return first if paragraphs == 1 else f"{first}\n\n{polite_second_paragraph(scene, rng)}"


def polite_answer(question: Question, rng: Random, *, answer: str | None = None, reason: bool = False) -> str:
    """The answer (the true one by default) in a full sentence, with its reason where asked for."""
    word = answer or question.answer
    statement = question.statement if word == question.answer else question.wrong[word]
    if question.kind == "yes_no":
        sentences = [say(YES if word == "yes" else NO, rng, word, statement)]
    elif reason or rng.random() < PLAIN_SHARE:
        sentences = [say(ANSWERS, rng, word, statement)]
    else:
        sentences = [say(SHORT_ANSWERS, rng, word, statement)]
    if reason:
        sentences.append(say(REASONS, rng, question.rationale))
    if rng.random() < OFFER_SHARE:
        sentences.append(rng.choice(OFFERS))
    return " ".join(sentences)


def polite_change(kind: str, before: Scene, shape: Shape, rng: Random) -> str:
    """One sentence on what changed, then where it is."""
    where = WHERE[shape.place]
    if kind == "added":
        change = f"a {shape.name} has been added {where}"
    elif kind == "removed":
        change = f"the {shape.name} {where} has been removed"
    else:
        old = next(item for item in before.shapes if item.place == shape.place)
        change = f"the {old.name} {where} has turned {shape.colour}"
    return say(CHANGES, rng, change)
