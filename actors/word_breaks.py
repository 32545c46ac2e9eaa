"""Borders of words in any script, by ICU's dictionaries where no spaces tell."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby, pairwise

# Thai, Lao, Burmese, Khmer, the kana and Han: scripts that are written without spaces between words.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"  # particles follow a word without a space
FINAL_MARKS = ".!?…。！？｡؟۔।॥።፧။។៕։"  # what ends a sentence, in the scripts that have such a mark
_UNSPACED = re.compile(f"[{UNSPACED}]")
_OPTIONAL_SIGN = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u0640\u064b-\u0652\u0670]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def plain_letters(text: str) -> str:
    """`text` in NFKC, less the vowel signs of Arabic and Hebrew, which few writers write, and the stroke that
    widens an Arabic word. Thai and Lao keep their vowel am whole, as dictionaries have it."""
    text = _OPTIONAL_SIGN.sub("", unicodedata.normalize("NFKC", text))
    return text.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")


@lru_cache(maxsize=1)
def combining_marks() -> str:
    """Ranges, for a character class, of the signs that are part of the letter before them: vowels of Hindi
    and Thai, of Arabic and Hebrew where they are written, accents. Python's `\\w` holds none of them."""
    codes = (code for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
    runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0])]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


def is_unspaced(text: str) -> bool:
    """Whether some of `text` is in a script without spaces between words."""
    return _UNSPACED.search(text) is not None


@lru_cache(maxsize=256)
def word_borders(text: str) -> frozenset[int]:
    """Places in `text` at which a word, a space or a mark begins or ends, both ends of it among them."""
    from icu4py.breakers import WordBreaker

    # ICU counts in UTF-16: a letter out of its first plane would shift all places behind it.
    spans = WordBreaker(_ASTRAL.sub("\ufffc", text), "root").segments()
    return frozenset({0, len(text), *(place for span in spans for place in span)})


def split_words(text: str) -> list[str]:
    """Words between spaces; where a script has none, those of ICU's dictionary, without marks."""
    words: list[str] = []
    for chunk in text.split():
        words += _dictionary_words(chunk) if is_unspaced(chunk) else [chunk]
    return words


def bare_words(text: str) -> list[str]:
    """Words of `text` in NFKC and lower case, without the marks between and inside them."""
    lowered = unicodedata.normalize("NFKC", text).lower()
    return [word for run in _letter_runs().findall(lowered) for word in split_words(run)]


@lru_cache(maxsize=1)
def _letter_runs() -> re.Pattern[str]:
    return re.compile(rf"(?:[^\W_]|[{combining_marks()}])+")


def _dictionary_words(chunk: str) -> list[str]:
    """Words of a text without spaces; the chunk itself where it holds none."""
    places = sorted(word_borders(chunk))
    parts = [chunk[start:end] for start, end in pairwise(places)]
    return [part for part in parts if any(map(str.isalnum, part))] or [chunk]
