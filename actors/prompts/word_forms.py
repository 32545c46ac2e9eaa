"""Regular expressions for a label's word in the forms that sentences of its language give it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actors.word_breaks import HANGUL, UNSPACED

SHORTEST_STEM = 3  # letters; what is shorter would begin too many other words

# Endings; the longest that fits is taken off a label, and any of them may stand in its place.
_RUSSIAN_NOUNS = "а|я|ы|и|у|ю|е|о|ё|ой|ей|ом|ем|ам|ям|ами|ями|ах|ях|ов|ев|ий|ия|ию|ием|ие|ии|ь|ью|й"
_RUSSIAN = (
    "ый|ий|ой|ая|яя|ое|ее|ые|ие|ого|его|ому|ему|ым|им|ом|ем|ую|юю|ых|их|ыми|ими|ою|ею|о|а|ы|и|е|на|но|ни|ен"
    "|ния|ният|ната|ното|ните|ия|ият|ата|ото|ите"
)
_SLAVIC_ADJECTIVES = "ый|ий|ой|ая|яя|ое|ее|ые|ие"
_BULGARIAN_ADJECTIVES = "ен|на|но|ни"
_GREEK = "ός|ή|ό|οί|ές|ά|ού|ών|ούς|ής|ος|η|ο|οι|ες|α|ου|ων|ους|ης|ικά|ώς|ως|εις|εων"
_ROMANCE = "o|a|os|as"
# "μ", not "m"
_GREEK_LETTER = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
# "ж", not "m"
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
# "س", not "m"
_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")
# "א", not "m"
_HEBREW_LETTER = re.compile("[\u0590-\u05ff]")
# "म", not "m"
_INDIC_LETTER = re.compile("[\u0900-\u0dff]")
# "olumlu", "tarafsız", not "music"
_TURKISH = re.compile(r"(?:l[ıiuü]|s[ıiuü]z)$|[ığş]")
# "是", not "m"
_NO_SPACES = re.compile(f"[{UNSPACED}]")
# "긍", not "m"
_HANGUL_LETTER = re.compile(f"[{HANGUL}]")
# Letters that writers of Arabic, Persian and Urdu put one for the other.
_ARABIC_TWINS = ("اأإآ", "يىیئ", "ةهہۃ", "كک")


def label_forms(words: Sequence[str]) -> str:
    """A regular expression for a label of `words`, each in its forms, with the borders of a word at both
    ends.

    Russian, Bulgarian and Greek endings, Arabic articles and endings, the commonest French, Spanish, Italian,
    German and Turkish ones; Korean particles stand behind it. A script without spaces has no such borders
    (`actors.word_breaks` knows where its words end), unless the label is a single letter. Any run of spaces,
    hyphens and underscores may stand between two words.
    """
    left, right = r"(?<!\w)", r"(?!\w)"
    if any(map(_INDIC_LETTER.search, words)):  # vowel signs belong to a word, and \w holds none of them
        letters = r"[\w\u0900-\u0963\u0966-\u0dff]"
        left, right = f"(?<!{letters})", f"(?!{letters})"
    if len("".join(words)) > 1:
        left = "" if _NO_SPACES.match(words[0][0]) else left
        right = "" if _NO_SPACES.match(words[-1][-1]) or _HANGUL_LETTER.match(words[-1][-1]) else right
    return left + r"[\s_-]+".join(map(_forms, words)) + right


def _forms(word: str) -> str:
    if _CYRILLIC_LETTER.search(word):
        return _cyrillic(word)
    if _GREEK_LETTER.search(word):
        stem = _stem(word, _GREEK)
        return word if stem is None else _ending(stem, _GREEK)
    if _ARABIC_LETTER.search(word):
        return _arabic(word)
    if _HEBREW_LETTER.search(word) and len(word) >= SHORTEST_STEM:
        return f"(?:[והבלשכמ]{{0,3}}){re.escape(word)}(?:ת|ה|ים|ות)?"
    return _latin(word)


def _latin(word: str) -> str:
    """French -if, Spanish and Italian -o, German -iv, Turkish adjectives with their "is"; others as they
    are."""
    lowered = word.lower()
    if lowered.endswith("if"):
        return re.escape(word[:-1]) + "(?:fs?|ves?|vement)"
    if lowered.endswith("iv"):
        return re.escape(word) + "(?:e[rsnm]?)?"
    if lowered.endswith(("ivo", "tro", "rio", "ico", "oso", "ado")):
        return _ending(word[:-1], _ROMANCE)
    if _TURKISH.search(word):
        return re.escape(word) + "(?:['’]?[dt][ıiuü]r)?"
    return re.escape(word)


def _cyrillic(word: str) -> str:
    for endings in (_SLAVIC_ADJECTIVES, _BULGARIAN_ADJECTIVES):
        stem = _stem(word, endings)
        if stem is not None:
            short = stem.removesuffix("н").removesuffix("ь") if stem.endswith("н") else stem
            forms = _ending(stem, _RUSSIAN)
            return forms if short == stem else f"(?:{forms}|{re.escape(short)}ен)"
    stem = _stem(word, _RUSSIAN_NOUNS)
    if stem is not None:
        return f"{_ending(stem, _RUSSIAN_NOUNS)}?"
    return f"{_ending(word, _RUSSIAN_NOUNS)}?" if len(word) >= SHORTEST_STEM else re.escape(word)


def _arabic(word: str) -> str:
    """Behind "and", "in", "like", "for" and the article, before the endings of number, gender and case."""
    letters = "".join(map(_arabic_letter, word))
    if len(word) < SHORTEST_STEM:
        return letters
    return f"(?:[وف]?(?:[بك]?ال|لل|[بكل])?){letters}(?:ة|ه|ا|ات|ين|ون|ان|تان|ي|ية|ی)?"


def _arabic_letter(letter: str) -> str:
    return next((f"[{twins}]" for twins in _ARABIC_TWINS if letter in twins), re.escape(letter))


def _stem(word: str, endings: str) -> str | None:
    """`word` without its longest ending; None where none fits or too little is left."""
    lowered = word.lower()
    for ending in _longest_first(endings):
        if lowered.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: len(word) - len(ending)]
    return None


def _ending(stem: str, endings: str) -> str:
    return f"{re.escape(stem)}(?:{'|'.join(_longest_first(endings))})"


def _longest_first(endings: str) -> list[str]:
    return sorted(endings.split("|"), key=lambda ending: (-len(ending), ending))
