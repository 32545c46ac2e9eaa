"""Small damage to text, for language models and judges that should know what damage looks like."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%&*"
SMALL_WORDS = frozenset(
    (
        "a",
        "an",
        "the",
        "is",
        "are",
        "of",
        "on",
        "to",
        "in",
        "and",
        "we",
        "can",
        "you",
        "this",
        "that",
        "it",
        "there",
    )
)


def damaged(text: str, rng: Random) -> str:
    """The text after one to three kinds of damage; never empty."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        text = rng.choice(_DAMAGES)(text, rng) or text
    return text


def telegraphic(text: str, rng: Random) -> str:
    """Small words left out, in lower case or as they were: how a hurried annotator writes."""
    kept = " ".join(word for word in text.split() if word.lower() not in SMALL_WORDS)
    return kept.lower() if rng.random() < 0.6 else kept


def shuffled_words(text: str, rng: Random) -> str:
    """All words in another order."""
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


def _letters(text: str, rng: Random) -> str:
    words, share = text.split(" "), rng.uniform(0.05, 0.4)
    kind = rng.choice((_inserted, _substituted, _swapped, _deleted))
    return " ".join(kind(word, rng) if len(word) > 3 and rng.random() < share else word for word in words)


def _inserted(word: str, rng: Random) -> str:
    place = rng.randrange(len(word))
    return word[:place] + rng.choice(LETTERS) + word[place:]


def _substituted(word: str, rng: Random) -> str:
    place = rng.randrange(len(word))
    return word[:place] + rng.choice(LETTERS) + word[place + 1 :]


def _swapped(word: str, rng: Random) -> str:
    place = rng.randrange(len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _deleted(word: str, rng: Random) -> str:
    place = rng.randrange(len(word))
    return word[:place] + word[place + 1 :]


def _words_dropped(text: str, rng: Random) -> str:
    share = rng.uniform(0.05, 0.3)
    return " ".join(word for word in text.split() if rng.random() > share)


def _words_swapped(text: str, rng: Random) -> str:
    words = text.split()
    for _ in range(rng.randint(1, 3)):
        if len(words) > 1:
            place = rng.randrange(len(words) - 1)
            words[place : place + 2] = words[place + 1], words[place]
    return " ".join(words)


def _prefix(text: str, rng: Random) -> str:
    sentences = text.split(".")
    return "".join(sentences[: rng.randint(1, len(sentences))])


def _shuffled(text: str, rng: Random) -> str:
    sentences = [part for part in text.split(".") if part]
    rng.shuffle(sentences)
    return rng.choice(("", "\n")).join(sentences).strip()


_DAMAGES: tuple[Callable[[str, Random], str], ...] = (
    telegraphic,
    _letters,
    _words_dropped,
    _words_swapped,
    _prefix,
    _shuffled,
)
