"""What can be in a scene, and how one is drawn by lot: coloured shapes on a plain ground."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from random import Random

from actors.base import row_seed

# easy-VQA's colours (CSS names) and pale grounds, so that pocket models see that set as well.
COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (0, 0, 0), "blue": (0, 0, 255), "brown": (165, 42, 42), "gray": (128, 128, 128),
    "green": (0, 128, 0), "red": (255, 0, 0), "teal": (0, 128, 128), "yellow": (255, 255, 0),
}  # fmt: skip
GROUNDS: Mapping[str, tuple[int, int, int]] = {
    "white": (248, 248, 248), "pink": (255, 214, 224), "cream": (244, 234, 200), "mint": (208, 244, 226),
}  # fmt: skip
INK = (75, 0, 130)
KINDS = ("circle", "rectangle", "triangle", "diamond", "cross", "ring")
SIZES: Mapping[str, float] = {"small": 0.085, "large": 0.14}  # half width, of the picture's side
PLACES = (
    "top left", "top", "top right",
    "left", "center", "right",
    "bottom left", "bottom", "bottom right",
)  # fmt: skip
SPLITS: Mapping[str, range] = {
    "train": range(0, 13), "validation": range(13, 15), "test": range(15, 18), "calibration": range(18, 20),
}  # fmt: skip
BUCKETS = 20
NUMBER_SHARE, TWIN_SHARE = 0.12, 0.2
NUMBER_WORDS = ("zero", "one", "two", "three", "four")


@dataclass(frozen=True)
class Shape:
    """One shape; `place` indexes PLACES, `shift` moves it inside its cell (of the picture's side)."""

    colour: str
    kind: str
    size: str
    place: int
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def name(self) -> str:
        """Such as `red circle`."""
        return f"{self.colour} {self.kind}"

    @property
    def full_name(self) -> str:
        """Such as `large red circle`."""
        return f"{self.size} {self.name}"

    @property
    def row(self) -> int:
        return self.place // 3

    @property
    def column(self) -> int:
        return self.place % 3

    def center(self) -> tuple[float, float]:
        """x and y from 0 to 1."""
        return (self.column + 0.5) / 3 + self.shift[0], (self.row + 0.5) / 3 + self.shift[1]


@dataclass(frozen=True)
class Scene:
    """The whole truth about a picture; `number` is written in the cell `number_place`, if at all."""

    shapes: tuple[Shape, ...]
    ground: str
    number: int | None = None
    number_place: int = 0

    def groups(self) -> list[tuple[str, int]]:
        """Name and count of equal shapes, in reading order."""
        return list(Counter(shape.name for shape in self.shapes).items())

    def unique(self, attribute: str = "name") -> list[Shape]:
        """Shapes whose name (colour and kind), or other attribute, no other shape shares."""
        counts = Counter(getattr(shape, attribute) for shape in self.shapes)
        return [shape for shape in self.shapes if counts[getattr(shape, attribute)] == 1]

    def key(self) -> str:
        """Hexadecimal hash of what can be said about the picture (shifts inside a cell left out)."""
        plain = replace(self, shapes=tuple(replace(shape, shift=(0.0, 0.0)) for shape in self.shapes))
        return hashlib.blake2b(json.dumps(asdict(plain)).encode(), digest_size=8).hexdigest()


def scene_seed(seed: int, split: str, picture: int, purpose: str) -> Random:
    """Randomness for one purpose of one picture, independent of every other."""
    return Random(row_seed(seed, f"scenes/{split}/{picture}/{purpose}"))


def draw_scene(seed: int, split: str, picture: int) -> Scene:
    """Picture number `picture` of a split. What is to be seen in two splits is never the same.

    Raises:
        ValueError: a split that does not exist.
    """
    if split not in SPLITS:
        raise ValueError(f"split {split!r} of scenes is not known; expected one of {sorted(SPLITS)}")
    rng = scene_seed(seed, split, picture, "scene")
    while True:
        scene = _any_scene(rng)
        if int(scene.key(), 16) % BUCKETS in SPLITS[split]:
            return scene


def changed_scene(scene: Scene, rng: Random) -> tuple[Scene, str, Shape]:
    """A scene with one difference, its kind (recoloured, removed, added), and the shape concerned.

    For `recoloured` that is the shape as it is afterwards.
    """
    kinds = ["recoloured"] + ["removed"] * (len(scene.shapes) > 1) + ["added"] * (len(scene.shapes) < 3)
    kind = rng.choice(kinds)
    if kind == "added":
        taken = {shape.place for shape in scene.shapes}
        if scene.number is not None:
            taken.add(scene.number_place)
        shape = _shape(rng, rng.choice([place for place in range(9) if place not in taken]))
        return replace(scene, shapes=_ordered([*scene.shapes, shape])), kind, shape
    old = rng.choice(scene.shapes)
    others = [shape for shape in scene.shapes if shape is not old]
    if kind == "removed":
        return replace(scene, shapes=tuple(others)), kind, old
    new = replace(old, colour=rng.choice([name for name in COLOURS if name != old.colour]))
    return replace(scene, shapes=_ordered([*others, new])), kind, new


def _any_scene(rng: Random) -> Scene:
    count = rng.choice((1, 1, 2, 2, 2, 3, 3))
    places = rng.sample(range(9), count + 1)
    shapes = [_shape(rng, place) for place in places[:count]]
    if count > 1 and rng.random() < TWIN_SHARE:
        shapes[1] = replace(shapes[1], colour=shapes[0].colour, kind=shapes[0].kind)
    number = rng.randrange(10, 100) if rng.random() < NUMBER_SHARE else None
    place = places[count] if number is not None else 0
    return Scene(_ordered(shapes), rng.choice(list(GROUNDS)), number, place)


def _shape(rng: Random, place: int) -> Shape:
    shift = (rng.randint(-2, 2) / 128, rng.randint(-2, 2) / 128)
    return Shape(rng.choice(list(COLOURS)), rng.choice(KINDS), rng.choice(list(SIZES)), place, shift)


def _ordered(shapes: list[Shape]) -> tuple[Shape, ...]:
    return tuple(sorted(shapes, key=lambda shape: shape.place))
