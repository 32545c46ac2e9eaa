"""Where a sentence names labels, and which of them it negates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actors.labels.language.negations import is_negated
from actors.prompts.patterns import compile_pattern, word_pattern
from actors.prompts.task import Task
from actors.word_breaks import HANGUL, UNSPACED, is_unspaced, word_borders

# "contradicts"
_WORD_REST = re.compile(r"(?<=\w)\w*")
# "是", "적", not "a"
_NO_REST = re.compile(f"[{UNSPACED}{HANGUL}]")


@dataclass(frozen=True)
class Mention:
    """Where a sentence names a label."""

    label: str
    start: int
    end: int


def find_mentions(task: Task, sentence: str, *, negated: bool = False) -> list[Mention]:
    """Labels that `sentence` names and does not negate, with `negated` the negated ones too, in its order.

    A match inside a longer match of another label ("hateful" in "not hateful") is not a mention.
    """
    mentions = [
        Mention(label, match.start(), _word_end(sentence, match.end()))
        for label, patterns in task.patterns.items()
        for pattern in patterns
        for match in compile_pattern(pattern).finditer(sentence)
        if match.end() > match.start() and (pattern != word_pattern(label) or _is_word(sentence, match))
    ]
    mentions = _uncovered(mentions)
    if not negated:
        spans = tuple((mention.start, mention.end) for mention in mentions)
        mentions = [
            mention
            for mention in mentions
            if mention.label in task.negatives_first
            or not is_negated(sentence, mention.start, mention.end, spans)
        ]
    return mentions


def all_mentions(task: Task, sentence: str) -> list[Mention]:
    """Every label that `sentence` names, denied or not; one inside a longer one of its label is left out."""
    kept: dict[str, Mention] = {}
    merged = []
    for mention in find_mentions(task, sentence, negated=True):
        last = kept.get(mention.label)
        if last is None or mention.end > last.end:
            kept[mention.label] = mention
            merged.append(mention)
    return merged


def _is_word(sentence: str, match: re.Match[str]) -> bool:
    """Whether a name that was found without borders is no part of a longer word: "ลบ" in "หลบ" is."""
    if not is_unspaced(match[0]):
        return True
    borders = word_borders(sentence)
    return match.start() in borders and (match.end() in borders or not is_unspaced(match[0][-1]))


def _word_end(sentence: str, end: int) -> int:
    """Where the word that a stem such as `contradi` begins is over."""
    rest = None if _NO_REST.match(sentence[end - 1]) else _WORD_REST.match(sentence, end)
    return rest.end() if rest else end


def _uncovered(mentions: Sequence[Mention]) -> list[Mention]:
    """`mentions` in their order, without those inside a longer one of another label."""
    kept: list[Mention] = []
    reaching: dict[str, Mention] = {}  # of each label the mention so far that ends last
    for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        longer = (
            other.end > mention.end or (other.end == mention.end and other.start < mention.start)
            for label, other in reaching.items()
            if label != mention.label
        )
        if not any(longer):
            kept.append(mention)
        if mention.label not in reaching or mention.end > reaching[mention.label].end:
            reaching[mention.label] = mention
    return kept
