"""The certainty of a label in a sentence: an impression taken back, a condition or a concession is none."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import IntEnum
from functools import lru_cache

from actors.labels.language.negations import CLAUSE_END, clause_around
from actors.labels.language.phrases import Span, find_phrases
from actors.word_breaks import HANGUL

LONGEST_CLAUSE = 200  # characters that are read for a portion


class Certainty(IntEnum):
    """From what is no answer to what is one; an aside is "negative words", a part "has elements of a
    comedy"."""

    NONE = 0
    ASIDE = 1
    PART = 2
    GUESS = 3
    FIRM = 4


# "has elements of a ", "combines aspects of", "with a mix of", not "a mix of"
_PORTION = re.compile(
    r"\b(?:with|has|have|having|contains?|combin\w+|includ\w+|features?|mix(?:es|ing)|blend\w+)\b[^.,;]{0,30}?"
    r"\b(?:elements?|aspects?|touch(?:es)?|hints?|bits?|dash|undertones?|mix(?:ture)?|blend|moments?) of\b",
    re.IGNORECASE,
)
# "Had the ending been better", not "It had"
_INVERTED_IF = re.compile(r"^\W*(?:had|were|should)\s+(?:the|it|this|he|she|they|i|we)\b", re.IGNORECASE)
# "it is important to note that", "keep in mind", not "note: "
_DISCLAIMS = re.compile(
    r"\b(?:important|essential|worth|crucial|necessary)\s+(?:to\s+)?(?:not\w+|remember\w*|mention\w*|consider\w*)\b"
    r"|\b(?:please note|keep in mind|bear in mind)\b",
    re.IGNORECASE,
)
# " the ", "的", " "
_BESIDE = re.compile(
    rf"[\s\"'“”‘’«»「」*_]*(?:的|な|の|(?:the|de|en|of)\s+)?[\s\"'“”‘’«»「」]*(?:[{HANGUL}]{{0,2}}\s)?"
)
# "It is. ", "！", not ","
_SENTENCE_PART = re.compile(r"[;.!?。！？।؟۔…]")


def certainty(sentence: str, start: int, end: int, *, turned: bool = False) -> Certainty:
    """The certainty of the label at `start` to `end`; `turned` says that the next sentence turns against
    this one, which takes an appearance ("it looks like") back."""
    phrases = find_phrases(sentence)
    first, last = clause_around(sentence, start, end)
    if is_taken_back(sentence, start, end) or _is_granted(sentence, start, end):
        return Certainty.NONE
    if any(first <= place[0] < last for place in phrases["seems"]):
        is_turned = turned or any(turn[0] >= end for turn in phrases["but"])
        return Certainty.NONE if is_turned else Certainty.GUESS
    if _is_aside(sentence, start, end):
        return Certainty.ASIDE
    if _PORTION.search(sentence[max(first, start - LONGEST_CLAUSE) : start]):
        return Certainty.PART
    is_guess = any(first <= place[0] < last for place in phrases["maybe"]) or _DISCLAIMS.search(
        sentence[:start]
    )
    return Certainty.GUESS if is_guess else Certainty.FIRM


def has_turn(sentence: str) -> bool:
    """Whether `sentence` begins with "but" or the like."""
    return any(not any(map(str.isalnum, sentence[:start])) for start, _ in find_phrases(sentence)["but"])


def is_taken_back(sentence: str, start: int, end: int) -> bool:
    """Whether an impression or a condition reaches the place, from before it up to a turn or right behind."""
    impressions, parts = _impressions(sentence)
    _, last = clause_around(sentence, start, end)
    before = bisect_right(parts, start)
    since = parts[before - 1] if before else 0
    if _INVERTED_IF.match(sentence):
        return True
    if any((since <= one[0] and one[1] <= start) or end <= one[0] < last for one in impressions):
        return True
    # "negative, at first glance"
    close = [one for one in find_phrases(sentence)["first"] if last < one[0] <= last + 2]
    return bool(close) and sentence[last] in ",،"


@lru_cache(maxsize=64)
def _impressions(sentence: str) -> tuple[list[Span], list[int]]:
    """First impressions and conditions, and where parts of the sentence begin that they do not reach."""
    phrases = find_phrases(sentence)
    harmless = {place for start, end in phrases["allows"] for place in range(start, end)}
    impressions = [one for one in (*phrases["first"], *phrases["if"]) if one[0] not in harmless]
    parts = [turn[0] for turn in phrases["but"]]
    return impressions, sorted(parts + [match.end() for match in _SENTENCE_PART.finditer(sentence)])


def _is_granted(sentence: str, start: int, end: int) -> bool:
    """Whether "although" stands before the place without a comma between, or in its clause where it
    follows."""
    phrases = find_phrases(sentence)
    first, last = clause_around(sentence, start, end)
    for place in phrases["although"]:
        if place[1] <= start and not CLAUSE_END.search(sentence[place[1] : start]) and place[0] >= first:
            return True
    return any(end <= place[0] and place[1] <= last for place in phrases["although_end"])


def _is_aside(sentence: str, start: int, end: int) -> bool:
    """Whether the label describes words or parts of a text: "negative words", "mots négatifs"."""
    for word_start, word_end in find_phrases(sentence)["words"]:
        if word_start >= end and _BESIDE.fullmatch(sentence[end:word_start]):
            return True
        if word_end <= start and not sentence[word_end:start].strip(" "):
            return True
    return False
