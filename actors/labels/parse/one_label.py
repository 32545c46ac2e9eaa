"""Reads a task's label out of what a model wrote, or says why there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actors.labels.parse import unanswered
from actors.labels.parse.answer_text import by_questions, clean_answer, count_words, substance
from actors.labels.parse.mentions import Mention, find_mentions
from actors.prompts.task import Task

# ", because", " since it", not " drama"
_CLAUSE_END = re.compile(r"^\s*[,;:(—–]|^\s+(?:-|because|since|as|given|due)\b", re.IGNORECASE)
# ", or a ", " and ", not " is "
LIST_JOINT = re.compile(
    r"^[\s,;:/|&()]*(?:(?:or|and|oder|und|ou|et)\b[\s,]*)?(?:an?\b|the\b)?\s*$", re.IGNORECASE
)
# "but", "although", not "and"
_TURN = re.compile(r"\b(?:but|or|however|although|though|yet|while)\b", re.IGNORECASE)
# "because it rains", "due to", not "as she"
BECAUSE = re.compile(r"\b(?:because|since|as it|due to|given that|parce que|weil)\b", re.IGNORECASE)
# "The answer is a ", "Genre: ", not "The plot is a "
_LEAD_IN = re.compile(
    r"^\W*(?:(?:the |my )?(?:final |correct )?(?:answer|label|genre|response)\s*(?:is|:)\s*)?"
    r"(?:an? |the )?\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ParsedLabel:
    """`label` is None unless `kind` is answered; `reason_text` is the model's justification, if any."""

    label: str | None
    kind: str
    reason_text: str | None = None


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
        return ParsedLabel(None, unanswered.why_empty(text, finish_reason))
    sentences = substance(answer)
    own = [sentence for sentence in sentences if not _is_echo(task, sentence)]
    statements, questions = by_questions(own)
    read: list[str] = []
    for sentence in [*statements, *questions]:
        read.append(sentence)
        mentions = find_mentions(task, sentence)
        label = _decide(task, sentence, mentions)
        if (label or mentions) and unanswered.refuses(task, read):
            return ParsedLabel(None, "refused")
        if label is not None:
            return ParsedLabel(label, "answered", _reason(sentence, statements, mentions, label))
        if mentions and task.both is None:
            return ParsedLabel(None, "ambiguous")
    return ParsedLabel(None, unanswered.why_unanswered(task, sentences, own, finish_reason))


def _decide(task: Task, sentence: str, mentions: Sequence[Mention]) -> str | None:
    """The label of one sentence; None when it names none, or several with nothing to choose by."""
    labels = list(dict.fromkeys(mention.label for mention in mentions))
    if task.both is not None:
        named = [label for label in labels if label != task.both]
        is_short = count_words(sentence) <= unanswered.SHORT_ANSWER_WORDS
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


def _is_echo(task: Task, sentence: str) -> bool:
    """True for words that stand in the prompt as they are: four or more, or two that name no label."""
    if not unanswered.repeats_prompt(task, sentence):
        return False
    return count_words(sentence) >= unanswered.ECHO_WORDS or not find_mentions(task, sentence)


def _reason(sentence: str, statements: Sequence[str], mentions: Sequence[Mention], label: str) -> str | None:
    """Every statement but the deciding one, and of that what follows a bare label or "because"."""
    first = next((mention for mention in mentions if mention.label == label), mentions[0])
    is_single = len({mention.label for mention in mentions}) == 1
    is_bare = (
        _LEAD_IN.match(sentence[: first.start])
        and count_words(sentence[first.start : first.end]) <= unanswered.SHORT_ANSWER_WORDS
        and (is_single or _CLAUSE_END.match(sentence[first.end :]))
    )
    because = BECAUSE.search(sentence)
    part = sentence[first.end :] if is_bare else sentence[because.start() :] if because else ""
    part = part.strip(" \t,;:.!?()—–-\"'”’}")
    rest = {sentence: part if count_words(part) > 1 else ""}
    return " ".join(filter(None, (rest.get(other, other) for other in statements))) or None
