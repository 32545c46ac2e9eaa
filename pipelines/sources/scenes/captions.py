"""Terse annotations of a scene in the manners of the sets that Polite Flamingo rewrites."""

from __future__ import annotations

from collections import Counter
from random import Random

from actors.distortion.strategies import BOX_HEADER
from pipelines.sources.scenes.drawing import box_shares
from pipelines.sources.scenes.world import NUMBER_WORDS, PLACES, Scene, Shape

CAPTION_STYLES = ("captions_boxes", "captions", "caption", "alt_text", "count_boxes")
WHERE = (
    "in the top left corner", "at the top", "in the top right corner",
    "on the left", "in the center", "on the right",
    "in the bottom left corner", "at the bottom", "in the bottom right corner",
)  # fmt: skip
PLURALS = {"cross": "crosses"}


def plural(name: str, count: int) -> str:
    """`name` for `count` things: red circle, red circles, red crosses."""
    if count == 1:
        return name
    head, _, kind = name.rpartition(" ")
    return f"{head} {PLURALS.get(kind, kind + 's')}".strip()


def with_count(name: str, count: int) -> str:
    """`a red circle`, `two red circles`."""
    return f"{'a' if count == 1 else NUMBER_WORDS[count]} {plural(name, count)}"


def enumeration(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def relation(one: Shape, other: Shape) -> str:
    """Where `one` is, seen from `other`: `to the left of`, `above` and so on."""
    if one.column != other.column:
        return "to the left of" if one.column < other.column else "to the right of"
    return "above" if one.row < other.row else "below"


def five_captions(scene: Scene, rng: Random) -> list[str]:
    """Five short sentences by five hurried people; the first names every shape."""
    things = [with_count(name, count) for name, count in scene.groups()]
    total = len(scene.shapes)
    first, last = scene.shapes[0], scene.shapes[-1]
    captions = [
        f"{enumeration(things)} on a {scene.ground} background",
        ", ".join(plural(name, count) for name, count in scene.groups()),
        f"a {first.full_name} {WHERE[first.place]}",
        f"there {'is' if total == 1 else 'are'} {with_count('shape', total)} on {scene.ground}",
        f"a {last.size} {last.kind}"
        if total == 1
        else f"a {first.name} {relation(first, last)} a {last.name}",
    ]
    if scene.number is not None:
        captions[3] += f" and the number {scene.number}"
    return [_hurried(caption, rng) for caption in captions]


def box_lines(scene: Scene, side: int) -> list[str]:
    """One line `red circle: [x1, y1, x2, y2]` per shape, shares of the side with three decimals."""
    lines = []
    for shape in scene.shapes:
        values = ", ".join(f"{value:.3f}" for value in box_shares(shape, side))
        lines.append(f"{shape.name}: [{values}]")
    return lines


def terse_caption(scene: Scene, captions: list[str], style: str, side: int) -> str:
    """The raw annotation that a set in this style would hold.

    Raises:
        ValueError: a style that does not exist.
    """
    if style == "captions_boxes":  # COCO
        return "\n".join([*captions, "", BOX_HEADER, *box_lines(scene, side)])
    if style == "captions":  # Flickr30k, RET-3
        return "\n".join(captions)
    if style == "caption":  # TextCaps
        return captions[0]
    if style == "alt_text":  # CC3M
        return ", ".join(plural(name, count) for name, count in scene.groups()).capitalize() + "."
    if style == "count_boxes":  # DIOR, DOTA, HRRSD
        counts = dict(Counter(shape.kind for shape in scene.shapes))
        return "\n".join([f"Object Count: {counts}", BOX_HEADER, *box_lines(scene, side)])
    raise ValueError(f"caption style {style!r} is not known; expected one of {CAPTION_STYLES}")


def terse_change(kind: str, before: Scene, shape: Shape) -> str:
    """What changed, as Spot-the-Diff people write it; `shape` as `changed_scene` gives it."""
    if kind == "added":
        return f"a {shape.name} was added"
    if kind == "removed":
        return f"the {shape.name} is gone"
    old = next(item for item in before.shapes if item.place == shape.place)
    return f"the {old.name} is {shape.colour} now"


def region_phrase(shape: Shape) -> str:
    """A referring expression as in RefCOCOg."""
    return f"{shape.full_name} {PLACES[shape.place]}"


def _hurried(caption: str, rng: Random) -> str:
    draw = rng.random()
    if draw < 0.25:
        return caption.capitalize() + "."
    return caption + " ." if draw < 0.35 else caption
