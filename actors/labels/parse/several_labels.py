"""Reads all labels out of what a model wrote about a row that may have several, or says why none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actors.labels.parse.answer_text import clean_answer, count_words
from actors.labels.parse.given import all_mentions, announces_exclusions, find_given
from actors.labels.parse.one_label import (
    BECAUSE,
    ECHO_WORDS,
    LIST_JOINT,
    by_questions,
    find_mentions,
    refuses,
    repeats_prompt,
    substance,
    why_empty,
    why_unanswered,
)
from actors.labels.parse.stated import is_list, stated_mentions
from actors.prompts.task import Task

_VERDICT_FIRST = re.compile(
    r"\W*(?:(?P<yes>yes|ja|oui)\b|(?:no|nein|non)\b(?=\s*(?:[,;.!:–—-]|$)|\s+it\b))(?P<rest>.*)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_SEMICOLON = re.compile(r";\s+")
_EXPLANATION = re.compile(
    r"\W*(?:(?:explanation|reason(?:s|ing)?|rationale|justification)\b"
    r"|(?:plot|synopsis|summary|question|human|user)\s*:)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ParsedLabels:
    """`labels` in the task's order, None unless `kind` is answered; `reason_text` is the justification."""

    labels: list[str] | None
    kind: str
    reason_text: str | None


def parse_labels(task: Task, text: str, finish_reason: str, *, document: str = "") -> ParsedLabels:
    """Every label that `text` names without negating it.

    Where sentences state labels (a list, "the genres are", "it is a"), prose counts only if it adds some, and
    nothing from "Explanation:" on; without such a sentence all prose counts. Questions without a yes or no
    behind them count only where no statement names a label. Sentences that repeat the prompt do not count, a
    list of labels being such a repetition only when it holds them all, nor do those of four words or more
    that repeat the document. Reading stops at a refusal: labels before it are given, and a row that has none
    is `refused`. Without a label the answer is of a kind of `parse_label`, `ambiguous` being one that only
    repeats the options.
    """
    answer = clean_answer(text)
    if not answer:
        return ParsedLabels(None, why_empty(text, finish_reason), None)
    said = _settle_questions(task, [_close_bracket(sentence) for sentence in substance(answer)])
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


def _close_bracket(sentence: str) -> str:
    """A statement with a question in brackets, "Drama (Comedy?", as a statement."""
    is_open = sentence.rfind("(") > sentence.rfind(")")
    return f"{sentence[:-1]})" if is_open and sentence.endswith("?") else sentence


def _settle_questions(task: Task, said: Sequence[str]) -> list[str]:
    """`said` with what "Drama? Yes." asks as a statement, and without what "Comedy? No." asks."""
    settled: list[str] = []
    for sentence in said:
        verdict = _VERDICT_FIRST.match(sentence)
        mentions = all_mentions(task, settled[-1]) if verdict and settled else []
        if not verdict or not mentions:
            settled.append(sentence)
            continue
        asked = settled[-1]
        is_bare = not verdict["rest"].strip(" .!")
        if not asked.endswith("?") and not (is_bare and len(mentions) == 1 and is_list(asked, mentions)):
            settled.append(sentence)
            continue
        settled[-1:] = [", ".join(asked[m.start : m.end] for m in mentions)] if verdict["yes"] else []
        if not is_bare:
            settled.append(sentence)
    return settled


def _read(task: Task, sentences: Sequence[str]) -> tuple[set[str], bool]:
    """The labels given before any refusal, and whether there was one.

    Once a sentence has stated labels, prose before and behind it gives none.
    """
    stated: set[str] = set()
    told: set[str] = set()
    excluding = False
    for sentence in (clause for whole in sentences for clause in _SEMICOLON.split(whole)):
        if refuses(task, [sentence]):
            return stated or told, True
        if (stated or told) and _EXPLANATION.match(sentence):
            break
        every = all_mentions(task, sentence)
        if not every:
            excluding = announces_exclusions(sentence)
            continue
        excluding = excluding and is_list(sentence, every)
        if excluding:
            continue
        given = find_given(task, sentence)
        statement = stated_mentions(sentence, every)
        stated |= {mention.label for mention in given if mention in statement}
        if not statement:
            told |= {mention.label for mention in given}
    return stated or told, False


def _is_echo(task: Task, sentence: str) -> bool:
    if not repeats_prompt(task, sentence):
        return False
    mentions = find_mentions(task, sentence)
    rest = sentence
    for mention in reversed(mentions):
        rest = rest[: mention.start] + rest[mention.end :]
    lists = bool(mentions) and LIST_JOINT.match(rest.rstrip(".!")) is not None
    return not lists or len({mention.label for mention in mentions}) == len(task.labels)


def _is_retold(sentence: str, shown: str) -> bool:
    if count_words(sentence) < ECHO_WORDS:
        return False
    return " ".join(sentence.casefold().split()).rstrip(".!?…") in shown


def _reason(task: Task, statements: Sequence[str]) -> str | None:
    """All from "Explanation:" on, and before it every statement that states no label and what stands behind
    "because" in the others. Where none states labels, prose that names some is no reason for them."""
    named = {sentence: all_mentions(task, sentence) for sentence in statements}
    stating = {sentence for sentence, every in named.items() if every and stated_mentions(sentence, every)}
    parts = []
    explaining = False
    for sentence in filter(_LETTER.search, statements):
        explaining = explaining or _EXPLANATION.match(sentence) is not None
        because = BECAUSE.search(sentence)
        if explaining or not named[sentence] or (stating and sentence not in stating):
            parts.append(sentence)
        elif because:
            parts.append(sentence[because.start() :].rstrip(" .!"))
    return " ".join(parts) or None
