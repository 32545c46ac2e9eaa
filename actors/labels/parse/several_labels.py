"""Reads all labels out of what a model wrote about a row that may have several, or says why none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actors.labels.parse.answer_text import by_questions, clean_answer, count_words, substance
from actors.labels.parse.denials import affirmed_mentions, announces_exclusions
from actors.labels.parse.mentions import all_mentions, find_mentions
from actors.labels.parse.one_label import BECAUSE, LIST_JOINT
from actors.labels.parse.statements import is_list, stated_mentions
from actors.labels.parse.unanswered import ECHO_WORDS, refuses, repeats_prompt, why_empty, why_unanswered
from actors.prompts.task import Task

# "Yes.", "No, it is a drama.", not "No comedy"
_VERDICT_FIRST = re.compile(
    r"\W*(?:(?P<yes>yes|ja|oui)\b|(?:no|nein|non)\b(?=\s*(?:[,;.!:–—-]|$)|\s+it\b))(?P<rest>.*)",
    re.IGNORECASE,
)
# "é", not "1. _"
_LETTER = re.compile(r"[^\W\d_]")
# "Drama; War", not "Drama;War"
_SEMICOLON = re.compile(r";\s+")
# "Explanation: it rains", "Plot: a war", not "The plot"
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
    sentences = _answer_questions(task, [_close_bracket(sentence) for sentence in substance(answer)])
    text_shown = " ".join(document.casefold().split())
    own = [one for one in sentences if not (_is_echo(task, one) or _is_copy(one, text_shown))]
    statements, questions = by_questions(own)
    for part in (statements, questions):
        named, refused = _read(task, part)
        if named:
            labels = [label for label in task.labels if label in named]
            return ParsedLabels(labels, "answered", _reason(task, statements))
        if refused:
            break
    return ParsedLabels(None, why_unanswered(task, sentences, own, finish_reason), None)


def _close_bracket(sentence: str) -> str:
    """A statement with a question in brackets, "Drama (Comedy?", as a statement."""
    is_open = sentence.rfind("(") > sentence.rfind(")")
    return f"{sentence[:-1]})" if is_open and sentence.endswith("?") else sentence


def _answer_questions(task: Task, sentences: Sequence[str]) -> list[str]:
    """`sentences` with "Drama? Yes." as the statement "Drama", and without "Comedy? No."."""
    statements: list[str] = []
    for sentence in sentences:
        verdict = _VERDICT_FIRST.match(sentence)
        mentions = all_mentions(task, statements[-1]) if verdict and statements else []
        if not verdict or not mentions:
            statements.append(sentence)
            continue
        question = statements[-1]
        is_bare = not verdict["rest"].strip(" .!")
        is_item = is_bare and len(mentions) == 1 and is_list(question, mentions)
        if not question.endswith("?") and not is_item:
            statements.append(sentence)
            continue
        labels = ", ".join(question[mention.start : mention.end] for mention in mentions)
        statements[-1:] = [labels] if verdict["yes"] else []
        if not is_bare:
            statements.append(sentence)
    return statements


def _read(task: Task, sentences: Sequence[str]) -> tuple[set[str], bool]:
    """The labels given before any refusal, and whether there was one.

    Once a sentence has stated labels, prose before and behind it gives none.
    """
    stated: set[str] = set()
    in_prose: set[str] = set()
    excluding = False
    for sentence in (clause for whole in sentences for clause in _SEMICOLON.split(whole)):
        if refuses(task, [sentence]):
            return stated or in_prose, True
        if (stated or in_prose) and _EXPLANATION.match(sentence):
            break
        mentions = all_mentions(task, sentence)
        if not mentions:
            excluding = announces_exclusions(sentence)
            continue
        excluding = excluding and is_list(sentence, mentions)
        if excluding:
            continue
        affirmed = affirmed_mentions(task, sentence)
        statement = stated_mentions(sentence, mentions)
        stated |= {mention.label for mention in affirmed if mention in statement}
        if not statement:
            in_prose |= {mention.label for mention in affirmed}
    return stated or in_prose, False


def _is_echo(task: Task, sentence: str) -> bool:
    """Whether words of the prompt are repeated, no list of some of its labels among them."""
    if not repeats_prompt(task, sentence):
        return False
    mentions = find_mentions(task, sentence)
    rest = sentence
    for mention in reversed(mentions):
        rest = rest[: mention.start] + rest[mention.end :]
    lists = bool(mentions) and LIST_JOINT.match(rest.rstrip(".!")) is not None
    return not lists or len({mention.label for mention in mentions}) == len(task.labels)


def _is_copy(sentence: str, document: str) -> bool:
    """Whether four words or more stand in the document as they are."""
    if count_words(sentence) < ECHO_WORDS:
        return False
    return " ".join(sentence.casefold().split()).rstrip(".!?…") in document


def _reason(task: Task, statements: Sequence[str]) -> str | None:
    """All from "Explanation:" on, and before it every statement that states no label and what stands behind
    "because" in the others. Where none states labels, prose that names some is no reason for them."""
    named = {sentence: all_mentions(task, sentence) for sentence in statements}
    stating = {sentence for sentence, names in named.items() if names and stated_mentions(sentence, names)}
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
