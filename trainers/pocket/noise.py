"""Small damage to text, for language models and judges that should know what damage looks like."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%&*"
SMALL_WORDS = frozenset(
    ("a", "an", "the", "is", "are", "of", "on", "to", "in", "and", "we", "can", "you", "this", "that", "it",
     "there")
)  # fmt: skip


def damage(text: str, rng: Random) -> str:
    """The text after one to three kinds of damage; never empty."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        text = rng.choice(_DAMAGES)(text, rng) or text
    return text


def shorten_as_notes(text: str, rng: Random) -> str:
    """Small words left out, in lower case or as they were: how a hurried annotator writes."""
    notes = " ".join(word for word in text.split() if word.lower() not in SMALL_WORDS)
    return notes.lower() if rng.random() < 0.6 else notes


def shuffle_words(text: str, rng: Random) -> str:
    """All words in another order."""
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


def _damage_letters(text: str, rng: Random) -> str:
    words, share = text.split(" "), rng.uniform(0.05, 0.4)
    kind = rng.choice(("insert", "substitute", "swap", "delete"))
    return " ".join(
        _damage_letter(word, kind, rng) if len(word) > 3 and rng.random() < share else word for word in words
    )


def _damage_letter(word: str, kind: str, rng: Random) -> str:
    place = rng.randrange(len(word) - (kind == "swap"))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    if kind == "swap":
        return before + after[0] + letter + after[1:]
    if kind == "delete":
        return before + after
    return before + rng.choice(LETTERS) + (letter if kind == "insert" else "") + after


def _drop_words(text: str, rng: Random) -> str:
    share = rng.uniform(0.05, 0.3)
    return " ".join(word for word in text.split() if rng.random() > share)


def _swap_words(text: str, rng: Random) -> str:
    words = text.split()
    for _ in range(rng.randint(1, 3)):
        if len(words) > 1:
            place = rng.randrange(len(words) - 1)
            words[place : place + 2] = words[place + 1], words[place]
    return " ".join(words)


def _cut_off(text: str, rng: Random) -> str:
    sentences = text.split(".")
    return "".join(sentences[: rng.randint(1, len(sentences))])


def _shuffle_sentences(text: str, rng: Random) -> str:
    sentences = [part for part in text.split(".") if part]
    rng.shuffle(sentences)
    return rng.choice(("", "\n")).join(sentences).strip()


_DAMAGES: tuple[Callable[[str, Random], str], ...] = (
    shorten_as_notes,
    _damage_letters,
    _drop_words,
    _swap_words,
    _cut_off,
    _shuffle_sentences,
)
