"""Questions about a scene with one-word answers and a reason for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

from pipelines.sources.scenes.captions import WHERE, enumeration, plural, relation, with_count
from pipelines.sources.scenes.world import COLOURS, KINDS, NUMBER_WORDS, PLACES, SIZES, Scene

FULL_NAME = "{0.name}"  # of a shape
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
    return QUESTIONS[kind if kind in fitting else rng.choice(fitting)](scene, rng)


def _fitting(scene: Scene) -> list[str]:
    kinds = ["count", "yes_no", "yes_no"]
    if scene.unique("kind"):
        kinds += ["colour", "colour", "size", "place"]
    if scene.unique("colour"):
        kinds += ["shape", "shape"]
    if len(scene.unique()) > 1:
        kinds += ["relation", "relation"]
    if scene.number is not None:
        kinds += ["number", "number"]
    return kinds


def _question(
    kind: str, text: str, answer: str, state: Callable[[str], str], reason: str, answers: Iterable[str]
) -> Question:
    wrong = {other: state(other) for other in answers if other != answer}
    return Question(kind, text, answer, state(answer), reason, wrong)


def _colour(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(scene.unique("kind"))
    text = rng.choice((f"What color is the {shape.kind}?", f"What is the color of the {shape.kind}?"))
    reason = f"the {shape.kind} {WHERE[shape.place]} is painted {shape.colour}"
    return _question("colour", text, shape.colour, f"the {shape.kind} is {{}}".format, reason, COLOURS)


def _shape(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(scene.unique("colour"))
    thing = f"{shape.colour} object"
    text = rng.choice((f"What shape is the {thing}?", f"What is the {shape.colour} thing in the picture?"))
    reason = f"the only {thing}, {WHERE[shape.place]}, has the outline of a {shape.kind}"
    return _question("shape", text, shape.kind, f"the {thing} is a {{}}".format, reason, KINDS)


def _count(scene: Scene, rng: Random) -> Question:
    name = rng.choice(("shape", rng.choice([shape.kind for shape in scene.shapes])))
    count = sum(name in ("shape", shape.kind) for shape in scene.shapes)

    def state(answer: str) -> str:
        number = NUMBER_WORDS.index(answer)
        return f"there {'is' if number == 1 else 'are'} {answer} {plural(name, number)}"

    text, answers = f"How many {plural(name, 2)} are there?", NUMBER_WORDS[1:4]
    return _question("count", text, NUMBER_WORDS[count], state, _contents(scene), answers)


def _size(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(scene.unique("kind"))
    reason = f"the {shape.name} takes up {'a lot of' if shape.size == 'large' else 'little'} room"
    text = rng.choice((f"How big is the {shape.kind}?", f"Is the {shape.kind} small or large?"))
    return _question("size", text, shape.size, f"the {shape.kind} is {{}}".format, reason, SIZES)


def _place(scene: Scene, rng: Random) -> Question:
    shape = rng.choice(scene.unique("kind"))
    place = PLACES[shape.place]
    apart = [other for other in PLACES if not set(other.split()) & set(place.split())]
    state = f"the {shape.kind} is at the {{}} of the picture".format
    reason = f"a {shape.full_name} can be seen {WHERE[shape.place]}"
    return _question("place", f"Where is the {shape.kind}?", place, state, reason, apart)


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
    words = rng.choice((FULL_NAME, FULL_NAME, "{0.colour} shape", "{0.kind}"))
    there = sorted({words.format(shape) for shape in scene.shapes})
    name = rng.choice(there)
    if rng.random() < 0.5:
        near = rng.choice(scene.shapes)
        while name in there:
            other = rng.choice(
                (replace(near, colour=rng.choice(list(COLOURS))), replace(near, kind=rng.choice(KINDS)))
            )
            if words != FULL_NAME:
                other = replace(other, colour=rng.choice(list(COLOURS)), kind=rng.choice(KINDS))
            name = words.format(other)
    text = rng.choice((f"Is there a {name} in the picture?", f"Does the image contain a {name}?"))
    statements = {"yes": f"there is a {name} in the picture", "no": f"there is no {name} in the picture"}
    answer = "yes" if name in there else "no"
    return _question("yes_no", text, answer, statements.__getitem__, _contents(scene), statements)


def _number(scene: Scene, rng: Random) -> Question:
    number = str(scene.number)
    others = [str(rng.randrange(10, 100)) for _ in range(4)] + [str(110 - int(number))]
    text = rng.choice(("What number is written?", "Which number can be read in the picture?"))
    reason = f"{number} is written {WHERE[scene.number_place]}"
    return _question("number", text, number, "the number in the picture is {}".format, reason, others)


def _contents(scene: Scene) -> str:
    return f"the picture shows {enumeration([with_count(*group) for group in scene.groups()])}"


QUESTIONS = {
    "colour": _colour,
    "shape": _shape,
    "count": _count,
    "size": _size,
    "place": _place,
    "relation": _relation,
    "yes_no": _yes_no,
    "number": _number,
}
