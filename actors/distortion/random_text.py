"""Random text augmentation on the levels of character, word and sentence (paper B §3.1, appendix B)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from actors.compat.nlpaug import random_word_class, seeded

CHAR_ACTIONS = ("insert", "substitute", "swap", "delete")
WORD_ACTIONS = ("swap", "crop", "delete")
LEVEL_SHARE = 0.5  # of the rows, for every level
REDRAWS = 8  # 1 row in 8 draws no level at all; after this many, 1 in 10**8
NOTHING = "nothing"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")  # the space in "Two dogs. One runs."


@dataclass(frozen=True)
class Augmented:
    """The text and what was done to it, such as `char swap 0.31 0.72, sentence shuffle`."""

    text: str
    steps: tuple[str, ...]

    @property
    def detail(self) -> str:
        """The steps, joined with commas; `nothing` where there were none."""
        return ", ".join(self.steps) or NOTHING


@dataclass
class RandomText:
    """Augments texts; what comes out depends on the text and the seed of the call alone.

    The default follows the paper: character, word and sentence level, each with probability one half. A
    text that comes out unchanged or empty is drawn again. `faithful` gives the authors' code instead:
    sentences first, dropped (a prefix stays) and shuffled in two separate draws, split at full stops
    which are then lost, and nothing is drawn again.
    """

    faithful: bool = False
    _classes: tuple[Any, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from nlpaug.augmenter.char import RandomCharAug

        self._classes = RandomCharAug, random_word_class()

    def augment(self, text: str, seed: int) -> Augmented:
        """`text` after the levels that `seed` draws."""
        rng = Random(seed)
        if self.faithful:
            return _levels(text, rng, keep_prefix, shuffle_pieces, self._characters, self._words)
        augmented = Augmented(text, ())
        for _ in range(1 + REDRAWS):
            augmented = _levels(text, rng, self._characters, self._words, sentences)
            if augmented.text.strip() and augmented.text != text:
                break
        return augmented

    def _characters(self, text: str, rng: Random) -> tuple[str, str]:
        action, of_characters, of_words = rng.choice(CHAR_ACTIONS), rng.random(), rng.random()
        augmenter = self._classes[0](action=action, aug_char_p=of_characters, aug_word_p=of_words)
        return _first(seeded(augmenter, rng), text), f"char {action} {of_characters:.2f} {of_words:.2f}"

    def _words(self, text: str, rng: Random) -> tuple[str, str]:
        action, of_words = rng.choice(WORD_ACTIONS), rng.random()
        augmenter = self._classes[1](action=action, aug_p=of_words)
        return _first(seeded(augmenter, rng), text), f"word {action} {of_words:.2f}"


def _levels(text: str, rng: Random, *levels: Callable[[str, Random], tuple[str, str]]) -> Augmented:
    steps: list[str] = []
    for level in levels:
        if rng.random() < LEVEL_SHARE:
            text, step = level(text, rng)
            steps.append(step)
    return Augmented(text, tuple(steps))


def sentences(text: str, rng: Random) -> tuple[str, str]:
    """Random sentences dropped (one stays at least), or all in another order; one sentence stays as it is."""
    parts = [part for part in SENTENCE_END.split(text) if part]
    if rng.random() < 0.5:
        remaining = rng.randint(1, max(1, len(parts) - 1))
        places = sorted(rng.sample(range(len(parts)), min(remaining, len(parts))))
        parts, step = [parts[place] for place in places], f"sentence drop to {remaining}"
    else:
        rng.shuffle(parts)
        step = "sentence shuffle"
    return " ".join(parts), step


def keep_prefix(text: str, rng: Random) -> tuple[str, str]:
    """The authors' sentence drop: the first pieces between full stops, joined without them."""
    pieces = text.split(".")
    prefix = rng.randint(1, len(pieces))
    return "".join(pieces[:prefix]), f"sentence prefix {prefix} of {len(pieces)}"


def shuffle_pieces(text: str, rng: Random) -> tuple[str, str]:
    """The authors' sentence shuffle: pieces between full stops, joined with nothing or with new lines."""
    pieces = text.split(".")
    rng.shuffle(pieces)
    return rng.choice(("", "\n")).join(pieces), "sentence shuffle"


def _first(augmenter: Any, text: str) -> str:
    """The augmented text; `text` itself where nlpaug returns an empty list, as it does for an empty text."""
    results = augmenter.augment(text)
    return str(results[0]) if results else text
