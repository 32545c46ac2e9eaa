"""Reads all labels out of what a model wrote about a row that may have several, or says why none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from actors.answer_text import clean_answer, count_words
from actors.label_parser import (
    BECAUSE,
    ECHO_WORDS,
    LIST_JOINT,
    Mention,
    by_questions,
    find_mentions,
    refuses,
    repeats_prompt,
    substance,
    why_empty,
    why_unanswered,
)
from actors.prompts.task import Task

_OR = re.compile(r"\b(?:or|nor|oder|noch|ou|ni)\b", re.IGNORECASE)


@dataclass(frozen=True)
class ParsedLabels:
    """`labels` in the task's order, None unless `kind` is answered; `reason_text` is the justification."""

    labels: list[str] | None
    kind: str
    reason_text: str | None


def parse_labels(task: Task, text: str, finish_reason: str, *, document: str = "") -> ParsedLabels:
    """Every label that `text` names without negating it.

    Questions count only where no statement names one. Sentences that repeat the prompt do not count, a list
    of labels being such a repetition only when it holds them all, nor do those of four words or more that
    repeat the document. Reading stops at a refusal: labels before it are given, and a row that has none is
    `refused`. Without a label the answer is of a kind of `parse_label`, `ambiguous` being one that only
    repeats the options.
    """
    answer = clean_answer(text)
    if not answer:
        return ParsedLabels(None, why_empty(text, finish_reason), None)
    said = substance(answer)
    shown = " ".join(document.casefold().split())
    told = [sentence for sentence in said if not (_is_echo(task, sentence) or _is_retold(sentence, shown))]
    statements, asked = by_questions(told)
    for sentences in (statements, asked):
        named, refused = _read(task, sentences)
        if named:
            labels = [label for label in task.labels if label in named]
            return ParsedLabels(labels, "answered", _reason(task, statements))
        if refused:
            break
    return ParsedLabels(None, why_unanswered(task, said, told, finish_reason), None)


def find_given(task: Task, sentence: str) -> list[Mention]:
    """`find_mentions` without those that a negated list goes on to: "not a comedy, drama or western"."""
    every = find_mentions(task, sentence, negated=True)
    kept = set(find_mentions(task, sentence))
    negated = False
    for place, mention in enumerate(every):
        if mention not in kept:
            negated = True
        elif negated and _goes_on(sentence, every[place - 1 :]):
            kept.discard(mention)
        else:
            negated = False
    return [mention for mention in every if mention in kept]


def _goes_on(sentence: str, mentions: Sequence[Mention]) -> bool:
    """Whether the second mention stands in one list with the first, and the list has an "or" from here."""
    joints = [sentence[one.end : max(one.end, other.start)] for one, other in pairwise(mentions)]
    for joint in joints:
        if not LIST_JOINT.match(joint):
            return False
        if _OR.search(joint):
            return True
    return False


def _read(task: Task, sentences: Sequence[str]) -> tuple[set[str], bool]:
    """The labels named before any refusal, and whether there was one."""
    named: set[str] = set()
    for sentence in sentences:
        if refuses(task, [sentence]):
            return named, True
        named |= {mention.label for mention in find_given(task, sentence)}
    return named, False


def _is_echo(task: Task, sentence: str) -> bool:
    if not repeats_prompt(task, sentence):
        return False
    mentions = find_mentions(task, sentence)
    rest = sentence
    for mention in reversed(mentions):
        rest = rest[: mention.start] + rest[mention.end :]
    is_list = bool(mentions) and LIST_JOINT.match(rest.rstrip(".!")) is not None
    return not is_list or len({mention.label for mention in mentions}) == len(task.labels)


def _is_retold(sentence: str, shown: str) -> bool:
    if count_words(sentence) < ECHO_WORDS:
        return False
    return " ".join(sentence.casefold().split()).rstrip(".!?…") in shown


def _reason(task: Task, statements: Sequence[str]) -> str | None:
    """Every statement that names no label, and of the others what stands behind "because"."""
    parts = []
    for sentence in statements:
        because = BECAUSE.search(sentence)
        if not find_mentions(task, sentence):
            parts.append(sentence)
        elif because:
            parts.append(sentence[because.start() :].rstrip(" .!"))
    return " ".join(parts) or None
