"""Where a sentence names labels, and which of them it negates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actors.prompts.patterns import compile_pattern
from actors.prompts.task import Task

# A negation with up to five words between it and the label, no punctuation and no turn of thought.
# "not really a ", "isn't a ", "instead of ", not "not only a ", not "not, a "
_NEGATED = re.compile(
    r"(?:\b(?:not|no|non|never|neither|nor|without|cannot|lacks|isnt|doesnt|nicht|kein\w{0,2}|weder|ne|pas)\b"
    r"|\b(?:rather than|instead of)\b|n['’]t\b|\bn['’])"
    r"(?!\s+(?:only|just|merely|simply|doubt|question)\b)"
    r"(?:[\s\"“(]+(?!(?:but|so|however|because|since|then|therefore|sondern|mais)\b)[\w'’-]+){0,5}"
    r"[\s\"“(-]*$",
    re.IGNORECASE,
)
# "contradicts"
_WORD_REST = re.compile(r"(?<=\w)\w*")
# "drama, war", "it is (", not "film-noir"
_CLAUSE = re.compile(r"[,;:.!?()—–]")


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
        if negated or label in task.negatives_first or not _is_negated(sentence[: match.start()])
    ]
    return sorted((m for m in mentions if not _is_covered(m, mentions)), key=lambda m: (m.start, -m.end))


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


def _word_end(sentence: str, end: int) -> int:
    """Where the word that a stem such as `contradi` begins is over."""
    rest = _WORD_REST.match(sentence, end)
    return rest.end() if rest else end


def _is_covered(mention: Mention, others: Sequence[Mention]) -> bool:
    return any(
        other.label != mention.label
        and other.start <= mention.start
        and mention.end <= other.end
        and other.end - other.start > mention.end - mention.start
        for other in others
    )


def _is_negated(before: str) -> bool:
    return _NEGATED.search(_CLAUSE.split(before[-80:])[-1]) is not None
