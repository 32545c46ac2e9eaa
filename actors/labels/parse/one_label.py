"""Reads a task's label out of what a model wrote, or says why there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from actors.labels.parse.answer_text import clean_answer, count_words, split_sentences
from actors.prompts.patterns import compile_pattern
from actors.prompts.task import Task

UNANSWERED = "unanswered_"  # before the kind: the reason of a drop
NO_LABEL_KINDS = {
    "unparsed": "no label was found in the answer",
    "off_list": "the answer names something that is not one of the labels",
    "ambiguous": "the answer names several labels and settles on none",
    "refused": "the model declined to answer",
    "empty": "the answer was empty",
    "cut_off": "the answer reached the token limit before it named a label",
}
ANSWER_KINDS = ("answered", *NO_LABEL_KINDS)

WITHHELD = "content_filter"  # the finish reason of endpoints that hold an answer back
SHORT_ANSWER_WORDS = 3
SHORT_ANSWER_CHARACTERS = 40
ECHO_WORDS = 4

# A negation with up to five words between it and the label, no punctuation and no turn of thought.
_NEGATED = re.compile(
    r"(?:\b(?:not|no|non|never|neither|nor|without|cannot|lacks|isnt|doesnt|nicht|kein\w{0,2}|weder|ne|pas)\b"
    r"|\b(?:rather than|instead of)\b|n['’]t\b|\bn['’])"
    r"(?!\s+(?:only|just|merely|simply|doubt|question)\b)"
    r"(?:[\s\"“(]+(?!(?:but|so|however|because|since|then|therefore|sondern|mais)\b)[\w'’-]+){0,5}"
    r"[\s\"“(-]*$",
    re.IGNORECASE,
)
_WORD_REST = re.compile(r"(?<=\w)\w*")
_CLAUSE = re.compile(r"[,;:.!?()—–]")
_CLAUSE_END = re.compile(r"^\s*[,;:(—–]|^\s+(?:-|because|since|as|given|due)\b", re.IGNORECASE)
LIST_JOINT = re.compile(
    r"^[\s,;:/|&()]*(?:(?:or|and|oder|und|ou|et)\b[\s,]*)?(?:an?\b|the\b)?\s*$", re.IGNORECASE
)
_TURN = re.compile(r"\b(?:but|or|however|although|though|yet|while)\b", re.IGNORECASE)
BECAUSE = re.compile(r"\b(?:because|since|as it|due to|given that|parce que|weil)\b", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"^\W*(?:(?:the |my )?(?:final |correct )?(?:answer|label|genre|response)\s*(?:is|:)\s*)?"
    r"(?:an? |the )?\W*$",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^\W*(?:sure(?: thing)?|okay|ok|certainly|of course|hello|hi|thank(?:s| you))\W*$", re.IGNORECASE
)
_NAMES_SOMETHING = re.compile(
    r"\b(?:answer|genre|label|category|class|classification|sentiment|topic|group)\b[^.!?\n]{0,60}?"
    r"(?:\b(?:is|are|would be)\b|:)\s*\W?\w"
    r"|\bneither\b|\bnone of\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ParsedLabel:
    """`label` is None unless `kind` is answered; `reason_text` is the model's justification, if any."""

    label: str | None
    kind: str
    reason_text: str | None


@dataclass(frozen=True)
class Mention:
    """Where a sentence names a label."""

    label: str
    start: int
    end: int


def parse_label(task: Task, text: str, finish_reason: str) -> ParsedLabel:
    """The label that `text` gives, by the first sentence that names one.

    A sentence is passed over when it repeats the prompt, and questions count only when nothing else
    does; a negated label ("not a comedy") is not named. In the deciding sentence:

    - a task with `both`: two labels, or its word with a label or in an answer of at most three words,
      mean both (this reads the ten outputs of Figures 3 and 4 of paper A as the paper judged them);
    - labels of `negatives_first` win, so "Yes, it is not hateful" is not hateful;
    - of several labels the first wins when a clause ends behind it ("Neutral, because ..."), else the
      answer is ambiguous, as is one that only repeats the options.

    A refusal in that sentence or before it makes the row `refused`. Without a label the answer is
    `refused` (an endpoint withheld it), `empty` (nothing written), `cut_off` (`finish_reason` is length),
    `off_list` (at most three words, "the genre is ..." or "none of them": it names something else) or
    `unparsed`.
    """
    answer = clean_answer(text)
    if not answer:
        return _unanswered(why_empty(text, finish_reason))
    said = substance(answer)
    told = [s for s in said if not _is_echo(task, s)]
    statements, asked = by_questions(told)
    read: list[str] = []
    for sentence in [*statements, *asked]:
        read.append(sentence)
        mentions = find_mentions(task, sentence)
        label = _decide(task, sentence, mentions)
        if (label or mentions) and refuses(task, read):
            return _unanswered("refused")
        if label is not None:
            return ParsedLabel(label, "answered", _reason(sentence, statements, mentions, label))
        if mentions and task.both is None:
            return _unanswered("ambiguous")
    return _unanswered(why_unanswered(task, said, told, finish_reason))


def why_empty(text: str, finish_reason: str) -> str:
    """The kind of an answer in which nothing is written."""
    if finish_reason == WITHHELD:
        return "refused"
    return "cut_off" if "<think>" in text and finish_reason == "length" else "empty"


def substance(answer: str) -> list[str]:
    """Sentences of a clean answer without courtesies such as "Sure!"."""
    return [sentence for sentence in split_sentences(answer) if not _COURTESY.match(sentence)]


def by_questions(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """The statements and the questions among `sentences`."""
    statements = [sentence for sentence in sentences if not sentence.endswith(("?", "？"))]
    return statements, [sentence for sentence in sentences if sentence not in statements]


def find_mentions(task: Task, sentence: str, *, negated: bool = False) -> list[Mention]:
    """Labels that `sentence` names without negating them (with `negated`: or with), first one first.

    A match inside a longer match of another label ("hateful" in "not hateful") is not a mention.
    """
    found = [
        Mention(label, match.start(), _word_end(sentence, match.end()))
        for label, patterns in task.patterns.items()
        for pattern in patterns
        for match in compile_pattern(pattern).finditer(sentence)
        if negated or label in task.negatives_first or not _is_negated(sentence[: match.start()])
    ]
    return sorted((m for m in found if not _is_covered(m, found)), key=lambda m: (m.start, -m.end))


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
    clauses = _CLAUSE.split(before[-80:])
    return _NEGATED.search(clauses[-1]) is not None


def _decide(task: Task, sentence: str, mentions: Sequence[Mention]) -> str | None:
    """The label of one sentence; None when it names none, or several with nothing to choose by."""
    labels = list(dict.fromkeys(mention.label for mention in mentions))
    if task.both is not None:
        named = [label for label in labels if label != task.both]
        is_short = count_words(sentence) <= SHORT_ANSWER_WORDS
        if len(named) > 1 or (task.both in labels and (named or is_short)):
            return task.both
        return named[0] if named else None
    for label in task.negatives_first:
        if label in labels:
            return label
    if len(labels) == 1 or (labels and _first_stands_alone(sentence, mentions)):
        return labels[0]
    return None


def _first_stands_alone(sentence: str, mentions: Sequence[Mention]) -> bool:
    first = mentions[0]
    second = next(mention for mention in mentions if mention.label != first.label)
    last = max(mention.start for mention in mentions)
    return (
        _CLAUSE_END.search(sentence[first.end :]) is not None
        and LIST_JOINT.search(sentence[first.end : second.start]) is None
        and _TURN.search(sentence[:last]) is None
    )


def refuses(task: Task, sentences: Sequence[str]) -> bool:
    """Whether one of `sentences` declines to answer."""
    patterns = [compile_pattern(pattern) for pattern in task.refusals]
    return any(pattern.search(sentence) for sentence in sentences for pattern in patterns)


def _is_echo(task: Task, sentence: str) -> bool:
    """True for words that stand in the prompt as they are: four or more, or two that name no label."""
    if not repeats_prompt(task, sentence):
        return False
    return count_words(sentence) >= ECHO_WORDS or not find_mentions(task, sentence)


def repeats_prompt(task: Task, sentence: str) -> bool:
    """True for two words or more that stand in the prompt as they are."""
    if count_words(sentence) < 2:
        return False
    return " ".join(sentence.casefold().split()) in _prompt_text(task.split_prompt())


@lru_cache(maxsize=64)
def _prompt_text(parts: tuple[str, str]) -> str:
    return " ".join(" \x00 ".join(parts).casefold().split())


def why_unanswered(task: Task, said: Sequence[str], told: Sequence[str], finish_reason: str) -> str:
    """The kind of an answer without a label; `told` are the sentences of `said` that are no echo."""
    if finish_reason == WITHHELD or refuses(task, told):
        return "refused"
    if finish_reason == "length":
        return "cut_off"
    if not told:
        options = [mention.label for sentence in said for mention in find_mentions(task, sentence)]
        return "ambiguous" if len(set(options)) > 1 else "unparsed"
    first = told[0]
    is_short = count_words(first) <= SHORT_ANSWER_WORDS and len(first) <= SHORT_ANSWER_CHARACTERS
    return "off_list" if is_short or _NAMES_SOMETHING.search(first) else "unparsed"


def _unanswered(kind: str) -> ParsedLabel:
    return ParsedLabel(None, kind, None)


def _reason(sentence: str, statements: Sequence[str], mentions: Sequence[Mention], label: str) -> str | None:
    """Every statement but the deciding one, and of that what follows a bare label or "because"."""
    first = next((mention for mention in mentions if mention.label == label), mentions[0])
    is_single = len({mention.label for mention in mentions}) == 1
    is_bare = (
        _LEAD_IN.match(sentence[: first.start])
        and count_words(sentence[first.start : first.end]) <= SHORT_ANSWER_WORDS
        and (is_single or _CLAUSE_END.match(sentence[first.end :]))
    )
    because = BECAUSE.search(sentence)
    part = sentence[first.end :] if is_bare else sentence[because.start() :] if because else ""
    part = part.strip(" \t,;:.!?()—–-\"'”’}")
    kept = {sentence: part if count_words(part) > 1 else ""}
    return " ".join(filter(None, (kept.get(said, said) for said in statements))) or None
