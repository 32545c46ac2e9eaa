"""Words of many languages by which answers are read; `languages.yaml` holds them and says what each is
for."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from actors.prompts.yaml_file import read_yaml_mapping
from actors.word_breaks import HANGUL, UNSPACED, combining_marks

FILE = Path(__file__).with_name("languages.yaml")
KEY_LENGTH = 2  # letters by which the entries are looked up
Span = tuple[int, int]
# "是", "は", "아니", not "is"
_OPEN = re.compile(f"[{UNSPACED}{HANGUL}]")
# "ليس", not "not"
_ARABIC = re.compile("[\u0600-\u06ff]")


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Mapping[str, list[str]]]:
    """The lists of every language."""
    return read_yaml_mapping(FILE)


@lru_cache(maxsize=1)
def word_letters() -> str:
    r"""For a character class: what a word is written in, `\w` and the signs on its letters."""
    return r"\w" + combining_marks()


def is_letter(character: str) -> bool:
    """Whether it is part of a word: a letter, a digit, or a sign on one."""
    return character.isalnum() or character == "_" or unicodedata.category(character or " ")[0] == "M"


@lru_cache(maxsize=512)
def find_phrases(text: str) -> Mapping[str, tuple[Span, ...]]:
    """Places of the words of each kind in `text`, whatever their case, in its order."""
    folded = text.replace("İ", "i").lower()  # one letter for one, so that places stay
    spans: dict[str, set[Span]] = defaultdict(set)
    by_key, infixes = _entries()
    for word in re.finditer(f"[{word_letters()}]+|[—–]", folded):
        for length in (1, KEY_LENGTH):
            for kind, entry in by_key.get(word[0][:length], ()) if len(word[0]) >= length else ():
                match = entry.match(folded, word.start())
                if match and (match[0][-1] in "'’" or not is_letter(folded[match.end() : match.end() + 1])):
                    spans[kind].add(match.span())
    for kind, infix in infixes:
        spans[kind] |= {match.span() for match in infix.finditer(folded)}
    return defaultdict(tuple, {kind: tuple(sorted(found)) for kind, found in spans.items()})


@lru_cache(maxsize=1)
def _entries() -> tuple[Mapping[str, list[tuple[str, re.Pattern[str]]]], list[tuple[str, re.Pattern[str]]]]:
    """Entries with word borders by their first letters, and one expression per kind for those without."""
    by_key: dict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
    infixes: dict[str, set[str]] = defaultdict(set)
    for kind, entry in _all_entries():
        if _OPEN.search(entry) or entry.startswith("*"):
            infixes[kind].add(re.escape(entry.strip("*")))
            continue
        for prefix in ("", "و", "ف") if _ARABIC.match(entry) else ("",):
            first = re.split(r"[\s*'’]", prefix + entry)[0]
            by_key[first[:KEY_LENGTH]].append((kind, _written(prefix + entry)))
    joined = {kind: sorted(written, key=len, reverse=True) for kind, written in infixes.items()}
    return by_key, [(kind, re.compile("|".join(written))) for kind, written in joined.items()]


def _all_entries() -> Iterator[tuple[str, str]]:
    for lists in languages().values():
        for kind, entries in lists.items():
            yield from ((kind, entry.lower()) for entry in entries)


def _written(entry: str) -> re.Pattern[str]:
    text = re.escape(entry).replace(r"\ ", r"\s+").replace(r"\*", r"\w*").replace("'", "['’]")
    return re.compile(text)
