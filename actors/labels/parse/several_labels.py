"""Reads all labels out of what a model wrote about a row that may have several, or says why none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actors.labels.language.certainty import is_taken_back
from actors.labels.language.phrases import find_phrases
from actors.labels.parse.answer_text import by_questions, clean_answer, count_words, substance
from actors.labels.parse.claims import LIST_JOINT
from actors.labels.parse.denials import affirmed_mentions, announces_exclusions
from actors.labels.parse.marks import Mark, Strength, read_marks
from actors.labels.parse.mentions import all_mentions, find_mentions
from actors.labels.parse.one_label import BECAUSE
from actors.labels.parse.questions import answer_questions
from actors.labels.parse.statements import is_list, stated_mentions
from actors.labels.parse.unanswered import ECHO_WORDS, refuses, repeats_prompt, why_empty, why_unanswered
from actors.prompts.task import Task

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
    """Every label that `text` settles on.

    A marked answer ("Final answer: ...", a tag, a box, a JSON key, "Answer: ...") outranks all before it; two
    of the same strength that give other labels are ambiguous. In what it marks, or in the whole answer where
    nothing is marked: where sentences state labels (a list, "the genres are", "it is a"), prose counts only
    if it adds some, and nothing from "Explanation:" on; without such a sentence all prose counts. A sentence
    with "overall" and the like outranks prose before it. Denied labels, first impressions, conditions and
    concessions are none. Questions without a yes or no behind them count only where no statement names a
    label. Sentences that repeat the prompt do not count, a list of labels being such a repetition only when
    it holds them all, nor do those of four words or more that repeat the document. Reading stops at a
    refusal: labels before it are given, and a row that has none is `refused`. Without a label the answer is
    of a kind of `parse_label`."""
    answer = clean_answer(text)
    if not answer:
        return ParsedLabels(None, why_empty(text, finish_reason), None)
    sentences = answer_questions(task, [_close_bracket(sentence) for sentence in substance(answer)])
    text_shown = " ".join(document.casefold().split())
    own = [one for one in sentences if not (_is_echo(task, one) or _is_copy(one, text_shown))]
    statements, questions = by_questions(own)
    before, decisive = _last_word(statements)
    earlier = [_read(task, group)[0] for group in before]
    for part in (decisive, questions):
        named, refused = _read(task, part)
        if any(others and others != named for others in earlier):
            return ParsedLabels(None, "ambiguous", None)
        if named:
            labels = [label for label in task.labels if label in named]
            reasons = statements[: len(statements) - len(decisive)]
            return ParsedLabels(labels, "answered", _reason(task, decisive, reasons))
        if refused or before:
            break
    return ParsedLabels(None, why_unanswered(task, sentences, own, finish_reason), None)


def _last_word(statements: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """Groups of sentences that the strongest marks of an answer begin, and the last of them, its own lead
    left out; no groups and all sentences where nothing is marked. Marks on neighbouring lines begin one
    group."""
    marks = [_strongest(sentence) for sentence in statements]
    top = max((mark.strength for mark in marks if mark), default=None)
    if top is None:
        return [], list(statements)
    at = [place for place, mark in enumerate(marks) if mark and mark.strength == top]
    begins = [place for place in at if place - 1 not in at]
    contents = [
        sentence[mark.start :] if mark and mark.strength == top else sentence
        for sentence, mark in zip(statements, marks, strict=True)
    ]
    ends = [*begins[1:], len(statements)]
    groups = [contents[begin:end] for begin, end in zip(begins, ends, strict=True)]
    return groups[:-1], groups[-1]


def _strongest(sentence: str) -> Mark | None:
    """The mark that names an answer; "Genres:" over a list is what is asked for, and no last word."""
    for mark in read_marks(sentence):
        lead = find_phrases(sentence[: mark.start])
        if (
            mark.strength >= Strength.NAMED
            and not mark.bare
            and (lead["answer"] or mark.strength == Strength.FINAL)
        ):
            return mark
    return None


def _close_bracket(sentence: str) -> str:
    """A statement with a question in brackets, "Drama (Comedy?", as a statement."""
    is_open = sentence.rfind("(") > sentence.rfind(")")
    return f"{sentence[:-1]})" if is_open and sentence.endswith("?") else sentence


def _read(task: Task, sentences: Sequence[str]) -> tuple[set[str], bool]:
    """The labels given before any refusal, and whether there was one.

    Once a sentence has stated labels, prose before and behind it gives none; a concluding sentence takes back
    what prose has given before it.
    """
    stated: set[str] = set()
    in_prose: set[str] = set()
    excluding = listed = False
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
        affirmed = [
            m for m in affirmed_mentions(task, sentence) if not is_taken_back(sentence, m.start, m.end)
        ]
        if affirmed and not listed and _concludes(sentence):
            stated, in_prose = set(), set()
        listed = listed or is_list(sentence, mentions)
        statement = stated_mentions(sentence, mentions)
        stated |= {mention.label for mention in affirmed if mention in statement}
        if not statement:
            in_prose |= {mention.label for mention in affirmed}
    return stated or in_prose, False


def _concludes(sentence: str) -> bool:
    """ "Overall, it is a drama", not "so it is a drama": each of several labels may have a "so" of its
    own."""
    return bool(find_phrases(sentence)["overall"])


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


def _reason(task: Task, statements: Sequence[str], before: Sequence[str]) -> str | None:
    """Statements before a marked answer; all from "Explanation:" on, and before it every statement that
    states no label and what stands behind "because" in the others. Where none states labels, prose that names
    some is no reason for them."""
    named = {sentence: all_mentions(task, sentence) for sentence in statements}
    stating = {sentence for sentence, names in named.items() if names and stated_mentions(sentence, names)}
    parts = list(before)
    explaining = False
    for sentence in filter(_LETTER.search, statements):
        explaining = explaining or _EXPLANATION.match(sentence) is not None
        because = BECAUSE.search(sentence)
        if explaining or not named[sentence] or (stating and sentence not in stating):
            parts.append(sentence)
        elif because:
            parts.append(sentence[because.start() :].rstrip(" .!"))
    return " ".join(parts) or None
