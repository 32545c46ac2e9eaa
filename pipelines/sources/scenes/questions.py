"""Questions about a scene with one-word answers and a reason for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

from pipelines.sources.scenes.captions import WHERE, enumeration, plural, relation, with_count
from pipelines.sources.scenes.world import COLOURS, KINDS, NUMBER_WORDS, PLACES, Scene, Shape

QUESTION_KINDS = ("colour", "shape", "count", "size", "place", "relation", "yes_no", "number")
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}


@dataclass(frozen=True)
class Question:
    """`statement` is the true answer as a sentence without its full stop, `rationale` why it is so;
    `wrong` maps answers of the same kind that are not true to their statements."""

    kind: str
    question: str
    answer: str
    statement: str
    rationale: str
    wrong: Mapping[str, str]


def ask(scene: Scene, rng: Random, kind: str | None = None) -> Question:
    """A question that the picture answers beyond doubt: of `kind` where it fits, else of any."""
    fitting = _fitting(scene)
    return _MAKERS[kind if kind in fitting else rng.choice(fitting)](scene, rng)


def _fitting(scene: Scene) -> list[str]:
    kinds = ["count", "yes_no", "yes_no"]
    if _single(scene, "kind"):
        kinds += ["colour", "colour", "size", "place"]
    if _single(scene, "colour"):
        kinds += ["shape", "shape"]
    if len(scene.unique()) > 1:
        kinds += ["relation", "relation"]
    if scene.number is not None:
        kinds += ["number", "number"]
    return kinds


def _single(scene: Scene, attribute: str) -> list[Shape]:
    values = [getattr(shape, attribute) for shape in scene.shapes]
    return [shape for shape, value in zip(scene.shapes, values, strict=True) if values.count(value) == 1]


def _question(
    kind: str, text: str, answer: str, state: Callable[[str], str], reason: str, answers: Iterable[str]
) -> Question:
    wrong = {other: state(other) for other in answers if other != answer}
    return Question(kind, text, answer, state(answer), reason, wrong)


def _colour(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(_single(scene, "kind"))
    text = rng.choice((f"What color is the {shape.kind}?", f"What is the color of the {shape.kind}?"))
    reason = f"the {shape.kind} {WHERE[shape.place]} is painted {shape.colour}"
    return _question(
        "colour", text, shape.colour, lambda answer: f"the {shape.kind} is {answer}", reason, COLOURS
    )


def _shape(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(_single(scene, "colour"))
    text = rng.choice(
        (f"What shape is the {shape.colour} object?", f"What is the {shape.colour} thing in the picture?")
    )
    reason = f"the only {shape.colour} object, {WHERE[shape.place]}, has the outline of a {shape.kind}"
    return _question(
        "shape", text, shape.kind, lambda answer: f"the {shape.colour} object is a {answer}", reason, KINDS
    )


def _count(scene: Scene, rng: Random) -> Question:
    name = rng.choice(("shape", rng.choice([shape.kind for shape in scene.shapes])))
    count = sum(name in ("shape", shape.kind) for shape in scene.shapes)

    def state(answer: str) -> str:
        number = NUMBER_WORDS.index(answer)
        return f"there {'is' if number == 1 else 'are'} {answer} {plural(name, number)}"

    text, answers = f"How many {plural(name, 2)} are there?", NUMBER_WORDS[1:4]
    return _question("count", text, NUMBER_WORDS[count], state, _contents(scene), answers)


def _size(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(_single(scene, "kind"))
    reason = f"the {shape.name} takes up {'a lot of' if shape.size == 'large' else 'little'} room"
    text = rng.choice((f"How big is the {shape.kind}?", f"Is the {shape.kind} small or large?"))
    return _question(
        "size", text, shape.size, lambda answer: f"the {shape.kind} is {answer}", reason, ("small", "large")
    )


def _place(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(_single(scene, "kind"))
    place = PLACES[shape.place]
    apart = [other for other in PLACES if not set(other.split()) & set(place.split())]
    reason = f"a {shape.full_name} can be seen {WHERE[shape.place]}"
    return _question(
        "place",
        f"Where is the {shape.kind}?",
        place,
        lambda answer: f"the {shape.kind} is at the {answer} of the picture",
        reason,
        apart,
    )


def _relation(scene: Scene, rng: Random) -> Question:
    one, other = rng.sample(scene.unique(), 2)
    word = relation(one, other).replace("to the ", "").replace(" of", "")
    reason = f"the {one.name} is {WHERE[one.place]} and the {other.name} is {WHERE[other.place]}"

    def state(answer: str) -> str:
        beside = " of" if answer in ("left", "right") else ""
        return f"the {one.name} is {answer}{beside} the {other.name}"

    text = f"Is the {one.name} left, right, above or below the {other.name}?"
    return _question("relation", text, word, state, reason, (OPPOSITE[word],))


def _yes_no(scene: Scene, rng: Random) -> Question:
    level = rng.choice((_name, _name, _colour_alone, _kind_alone))
    there = sorted({level(shape) for shape in scene.shapes})
    name = rng.choice(there)
    if rng.random() < 0.5:
        near = rng.choice(scene.shapes)
        while name in there:
            other = rng.choice(
                (replace(near, colour=rng.choice(list(COLOURS))), replace(near, kind=rng.choice(KINDS)))
            )
            name = level(
                other
                if level is _name
                else replace(other, colour=rng.choice(list(COLOURS)), kind=rng.choice(KINDS))
            )
    text = rng.choice((f"Is there a {name} in the picture?", f"Does the image contain a {name}?"))
    articles = {"yes": "a", "no": "no"}
    return _question(
        "yes_no",
        text,
        "yes" if name in there else "no",
        lambda answer: f"there is {articles[answer]} {name} in the picture",
        _contents(scene),
        articles,
    )


def _name(shape: Shape) -> str:
    return shape.name


def _colour_alone(shape: Shape) -> str:
    return f"{shape.colour} shape"


def _kind_alone(shape: Shape) -> str:
    return shape.kind


def _number(scene: Scene, rng: Random) -> Question:
    number = str(scene.number)
    others = [str(rng.randrange(10, 100)) for _ in range(4)] + [str(110 - int(number))]
    text = rng.choice(("What number is written?", "Which number can be read in the picture?"))
    return _question(
        "number",
        text,
        number,
        lambda answer: f"the number in the picture is {answer}",
        f"{number} is written {WHERE[scene.number_place]}",
        others,
    )


def _contents(scene: Scene) -> str:
    return f"the picture shows {enumeration([with_count(*group) for group in scene.groups()])}"


_MAKERS = {
    "colour": _colour,
    "shape": _shape,
    "count": _count,
    "size": _size,
    "place": _place,
    "relation": _relation,
    "yes_no": _yes_no,
    "number": _number,
}
