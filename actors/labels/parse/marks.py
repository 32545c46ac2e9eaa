"""Marks of what an answer settles on: "Final answer: X", "the label is X", "overall, X"."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import IntEnum

from actors.labels.language.phrases import find_phrases
from actors.labels.parse.answer_text import count_words, is_question


class Strength(IntEnum):
    """Ranks of a mark, from prose to "final answer: X"; a higher one outranks what stands before it."""

    PLAIN = 0
    STATED = 1
    CONCLUDING = 2
    NAMED = 3
    FINAL = 4


@dataclass(frozen=True)
class Mark:
    """From `start` on a sentence gives its answer; a `bare` one counts only where nothing but a label
    follows."""

    strength: Strength
    start: int
    bare: bool = False


LONGEST_LEAD = 7  # words before a colon
LONGEST_NAME = 200  # characters before a colon that are read
MOST_NAMES = 8  # of an answer that are looked at, the last ones first
LONGEST_GAP = 40  # characters between "the answer" and "is"
# "Answer: ", "Label -> ", "Sentiment = ", "Tone – ", not "film-noir"
_SIGN = re.compile(r"\s*(?::|=+>?|→|->|⇒|\s[–—-]\s)\s*")
# ", ", "ครับ คำ", not "a b"
_PART_END = re.compile(r"[,;.!。，、]\s*|(?<=[\u0e00-\u0e7f])\s+(?=[\u0e00-\u0e7f])")
# "So, it is", ", so ", not "so much", not "so that"
_SO = re.compile(
    r"(?:^\W*|[,;:–—-]\s*|\band\s+)so\b[,\s]+(?!much|many|that\b|far\b|as\b|very\b|called|to\b|on\b)",
    re.IGNORECASE,
)
# ", ", "not", "no", not "note"
_BREAKS = re.compile(r"[,;:.!?。，]|\b(?:not?|non|never|ne|pas|nicht|não)\b", re.IGNORECASE)
# "The", "my", not "answer"
_ARTICLE = re.compile(r"(?:the|my|our|a|an|la|le|el|der|die|das|il|o|a|η|το|is)$", re.IGNORECASE)
# "Thought", "Step 2", "Premise", not "Tone"
_NO_LEAD = re.compile(
    r"\b(?:thoughts?|reason\w*|rationale|analysis|explanation|steps?|premise|hypothesis|text|review|message"
    r"|document|example|question|input|context|keywords?|note|hint|options?|choices|labels|possible|candidates?"
    r"|user|human|assistant|pros?|cons?|observation|evidence|summary|scores?|confidence)\b|\d",
    re.IGNORECASE,
)
# "Not ", "excluded", "wrong", not "noted"
_DENYING_LEAD = re.compile(
    r"\b(?:not|no|non|excluded?|reject(?:ed)?|wrong|incorrect|false|alternative|other|second|opposite|instead"
    r"|example|previous|former|unlikely|least)\b|n['’]t\b",
    re.IGNORECASE,
)


def read_marks(sentence: str) -> list[Mark]:
    """The marks of a sentence, none for one that only tells something, asks, or takes its mark back."""
    if is_question(sentence):
        return []
    marks = (_colon_mark(sentence), _is_mark(sentence), _concluding_mark(sentence))
    return sorted((mark for mark in marks if mark), key=lambda mark: -mark.strength)


def _colon_mark(sentence: str) -> Mark | None:
    """ "Final answer: X", "Label = X"; "Tone: X" where X is a bare label."""
    sign = _SIGN.search(sentence)
    if not sign:
        return Mark(_strength(sentence), len(sentence)) if _is_heading(sentence) else None
    lead = sentence[: sign.start()]
    last_part = _PART_END.split(lead[-LONGEST_NAME:])[-1]
    if find_phrases(last_part)["final"] and find_phrases(last_part)["answer"]:
        return Mark(Strength.FINAL, sign.end())
    if count_words(lead) > LONGEST_LEAD or not lead.strip():
        return None
    phrases = find_phrases(lead)
    if _DENYING_LEAD.search(lead) or any(
        phrases[kind] for kind in ("first", "if", "maybe", "not", "although")
    ):
        return None
    if phrases["answer"] or phrases["subject"]:
        return Mark(_strength(lead), sign.end())
    if phrases["final"] and count_words(lead) <= 2:
        return Mark(Strength.FINAL, sign.end())
    if phrases["overall"]:
        return Mark(Strength.CONCLUDING, sign.end())
    is_story = phrases["words"] or _NO_LEAD.search(lead)
    return None if is_story else Mark(Strength.STATED, sign.end(), bare=True)


def _is_mark(sentence: str) -> Mark | None:
    """ "so the label is X", "答案是X", "उत्तर X है"."""
    phrases = find_phrases(sentence)
    back = min((place[1] for kind in ("first", "if") for place in phrases[kind]), default=len(sentence))
    for start, end in phrases["answer"][: -MOST_NAMES - 1 : -1]:
        if start >= back or _DENYING_LEAD.search(sentence[max(0, start - 40) : start]):
            continue
        following = bisect_left(phrases["is"], (end, end))
        for is_start, is_end in phrases["is"][following : following + 1]:
            between = sentence[end:is_start]
            is_last = not any(map(str.isalnum, sentence[is_end:]))  # "उत्तर X है"
            if (is_last and any(map(str.isalnum, between))) or len(between) > LONGEST_GAP:
                break
            if not _BREAKS.search(between) and not find_phrases(between)["not"]:
                return Mark(_strength(sentence[:is_start]), is_end)
        if not any(map(str.isalnum, sentence[:start])):
            return Mark(_strength(sentence[:end]), end, bare=True)
    return None


def _concluding_mark(sentence: str) -> Mark | None:
    """ "Overall, X", "Negative is wrong, so X"; "X overall" is concluding as a whole."""
    ends = [end for _, end in find_phrases(sentence)["overall"]] + [so.end() for so in _SO.finditer(sentence)]
    if not ends:
        return None
    return Mark(Strength.CONCLUDING, max(ends))


def _strength(lead: str) -> Strength:
    phrases = find_phrases(lead)
    return Strength.FINAL if phrases["final"] else Strength.NAMED


def _is_heading(sentence: str) -> bool:
    """Whether `sentence` is nothing but the name of an answer, as "Final Answer" over a line of its own."""
    phrases = find_phrases(sentence)
    if not phrases["answer"] or sentence.rstrip().endswith((".", "!", "。", "।")):
        return False
    rest = list(sentence)
    for kind in ("answer", "final", "subject", "overall"):
        for start, end in phrases[kind]:
            rest[start:end] = " " * (end - start)
    return all(_ARTICLE.match(word) for word in re.findall(r"\w+", "".join(rest)))
