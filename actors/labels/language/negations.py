"""Negations: in English by how far they reach, in other languages by clause."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache

from actors.labels.language.phrases import Span, find_phrases

# Where a clause ends: "drama, war", "不是积极，而是消极", "it is (", not "film-noir"
CLAUSE_END = re.compile(r"[,;:.!?()\[\]—–،؛。，、；：।॥۔؟…\n]|\s-\s")
# ", что ", ", dass ", not ", was"
_THAT = re.compile(
    r"\s*(?:что|че|dass|daß|que|that|ότι|πως|że|أن|إن|کہ|कि|rằng|kwamba|dat|che)\b|\s*(?:說|说|ว่า)",
    re.IGNORECASE,
)
# A negation with up to five words between it and the label, no punctuation and no turn of thought.
# "not really a ", "isn't a ", "instead of ", not "not only a ", not "not, a "
_NEGATED = re.compile(
    r"(?:\b(?:not|no|non|never|neither|nor|without|cannot|lacks|isnt|doesnt|nicht|kein\w{0,2}|weder|ne|pas|nothing)\b"
    r"|\b(?:rather than|instead of)\b|n['’]t\b|\bn['’])"
    r"(?!\s+(?:only|just|merely|simply|doubt|question)\b)"
    r"(?:[\s\"“(]+(?!(?:but|so|however|because|since|then|therefore|sondern|mais)\b"
    r"|and\s+(?:it|this|that|is|its|the)\b)[\w'’-]+){0,5}"
    r"[\s\"“(-]*$",
    re.IGNORECASE,
)
_NOT = r"(?:\b(?:do|does|did|wo|would|ca|can|could|should|is|are|was)n['’]?t\b|\b(?:cannot|not|never)\b)"
# A negation of what somebody thinks or of what is the case reaches to the end of its clause.
# "I don't think that the tone of it is ", "It is not true that this is ", "no sign of ", not "I think it is "
_NOT_THE_CASE = re.compile(
    rf"{_NOT}\s+(?:\w+\s+){{0,2}}?(?:think|believe|feel|say|see|find|consider|call|classify|label|describe|regard"
    r"|agree|suggest|indicate|mean|imply|show|seem|appear|look|sound|read|qualify|count|come across|make)\b"
    rf"|{_NOT}\s+(?:really\s+|quite\s+)?(?:true|the case|correct|right|accurate|possible|clear"
    rf"|evident|enough)\b"
    r"|\bno\s+(?:evidence|sign|signs|indication|hint|reason|trace|way|basis|one|hint)\b"
    r"|\b(?:nothing|nobody)\b|\bfail(?:s|ed)?\s+to\b|\brefus\w+\s+to\b|\bdoubt(?:s|ed|ful)?\b|\bdisagree\w*\b|\bden(?:y|ies|ied)\b"
    r"|\b(?:wrong|false|incorrect|hard|difficult|impossible|absurd|misleading|stretch|mistake)\s+to\s+\w+",
    re.IGNORECASE,
)
# "und ", "и ", not "und das "
_AND = re.compile(r"(?<!\w)(?:y|e|et|und|and|и|και|ve|và|na|i|en|और|اور)\s+$", re.IGNORECASE)
# "not necessarily", "n't always", not "not really"
_HALF_NEGATED = re.compile(
    r"(?:\bnot|n['’]t)\s+(?:necessarily|always|entirely|exactly|fully|completely|wholly|purely|quite|so much"
    r"|totally|clearly|obviously|sure|certain|clear|all)\b",
    re.IGNORECASE,
)
# "not", "isn't", "no", not "note"
_NEGATOR = re.compile(r"\b(?:not?|never|neither|nor|cannot|without)\b|n['’]t\b", re.IGNORECASE)
# " and ", " because ", not " of "
_SCOPE_END = re.compile(
    r"\b(?:but|so|however|because|since|then|therefore|and|while|although|yet)\b", re.IGNORECASE
)
# "ni positif ni négatif", not "ni hasi"
_PAIRED = re.compile(r"\b(ni|né|ne)\b[^.;!?]{1,60}\b\1\b", re.IGNORECASE)
LONGEST_REACH = 160  # characters before a label that are read for a negation


def clause_around(sentence: str, start: int, end: int) -> Span:
    """Beginning and end of the clause that holds a mention: up to the next marks, and the words that turn."""
    begins, ends = _clause_borders(sentence)
    before, behind = bisect_right(begins, start), bisect_left(ends, end)
    return begins[before - 1] if before else 0, ends[behind] if behind < len(ends) else len(sentence)


@lru_cache(maxsize=64)
def _clause_borders(sentence: str) -> tuple[list[int], list[int]]:
    """Beginnings of clauses, and ends of clauses."""
    phrases = find_phrases(sentence)
    borders = [match.span() for match in CLAUSE_END.finditer(sentence)]
    borders = [
        span for span in borders if sentence[span[0]] not in ",،" or not _THAT.match(sentence, span[1])
    ]
    borders += [(turn[0], turn[0]) for turn in phrases["but"]]
    for start, _ in phrases["not"]:  # "positive and not negative"
        joint = _AND.search(sentence, max(0, start - 6), start)
        if joint or sentence[start] in "وف":
            borders.append((joint.start() if joint else start,) * 2)
    borders += [(close[1], close[1]) for close in (*phrases["not_end"], *phrases["although_end"])]
    return sorted(begin for _, begin in borders), sorted(end for end, _ in borders)


def is_negated(sentence: str, start: int, end: int, named: tuple[Span, ...] = ()) -> bool:
    """Whether the label at `start` to `end` is denied where it stands; `named` are the places of all labels,
    in which no negation is looked for ("不合格" is a label's name)."""
    first, last = clause_around(sentence, start, end)
    before = _before(sentence, start, end)
    if _NEGATED.search(before[-80:]) or _reaches_far(before):
        return True
    negators = _free_negators(sentence, named)
    behind = bisect_left(negators, (first, first))
    if behind < len(negators) and negators[behind][1] <= last:
        return True
    paired = _PAIRED.search(sentence)
    return paired is not None and re.search(rf"\b{paired[1]}\s+(?:\S+\s+)?$", before, re.I) is not None


def is_half_denied(sentence: str, start: int, end: int) -> bool:
    """Whether "not necessarily" or two negations stand before the label: neither it nor its opposite is
    said."""
    before = _before(sentence, start, end)
    return _HALF_NEGATED.search(before) is not None or len(_NEGATOR.findall(before)) > 1


def is_far_denied(sentence: str, start: int, end: int) -> bool:
    """Whether an English negation stands in the clause before the label, at whatever distance."""
    before = _before(sentence, start, end)
    negators = list(_NEGATOR.finditer(before))
    return bool(negators) and not _SCOPE_END.search(before[negators[-1].end() :])


def _before(sentence: str, start: int, end: int) -> str:
    """The clause up to the label, without what only looks like a negation."""
    first, _ = clause_around(sentence, start, end)
    return _blank_allowed(sentence)[max(first, start - LONGEST_REACH) : start]


def _reaches_far(before: str) -> bool:
    match = _NOT_THE_CASE.search(before)
    return match is not None and not _SCOPE_END.search(before[match.end() :])


@lru_cache(maxsize=64)
def _free_negators(sentence: str, named: tuple[Span, ...]) -> list[Span]:
    """Negations that are part of no label's name and of no phrase that denies nothing, in their order."""
    phrases = find_phrases(sentence)
    taken = {place for start, end in (*phrases["allows"], *named) for place in range(start, end)}
    return sorted(span for span in (*phrases["not"], *phrases["not_end"]) if taken.isdisjoint(range(*span)))


@lru_cache(maxsize=64)
def _blank_allowed(sentence: str) -> str:
    """`sentence` with spaces for "not only", "no doubt" and the like."""
    for start, end in find_phrases(sentence)["allows"]:
        sentence = sentence[:start] + " " * (end - start) + sentence[end:]
    return sentence
