"""Reads a task's label out of what a model wrote, or says why there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actors.labels.language.certainty import Certainty, has_turn
from actors.labels.language.phrases import find_phrases
from actors.labels.parse import unanswered
from actors.labels.parse.answer_text import (
    SHORT_ANSWER_WORDS,
    clean_answer,
    count_words,
    is_question,
    substance,
)
from actors.labels.parse.claims import CLAUSE_END, LEAD_IN
from actors.labels.parse.marks import Strength
from actors.labels.parse.mentions import find_mentions
from actors.labels.parse.questions import answer_questions
from actors.labels.parse.readings import Reading, is_bare, read_answer
from actors.prompts.task import Task

# "because it rains", "due to", not "as she"
BECAUSE = re.compile(r"\b(?:because|since|as it|due to|given that|parce que|weil)\b", re.IGNORECASE)
# "Wait, ", "No, actually", "Hmm", not "No one"
_CORRECTS = re.compile(
    r"^\W*(?:wait|hmm+|actually|correction|no,|on second thought|scratch that|sorry|hold on|let me re\w*)",
    re.IGNORECASE,
)
# "Let me think", "First,", "Step 1", not "The text"
_THINKS_ALOUD = re.compile(
    r"^\W*(?:let(?:['’]s| me| us)\b|first(?:ly)?\b|step\b|okay\b|ok\b|to (?:determine|decide|answer"
    r"|classify)\b"
    r"|we need to\b|i need to\b|thought\b|reasoning\b|hmm+\b|alright\b|so,? )",
    re.IGNORECASE,
)
# "a", "une", not "is"
_ARTICLE = re.compile(r"(?:an?|the|une?|una|ein|eine)$", re.IGNORECASE)


@dataclass(frozen=True)
class ParsedLabel:
    """`label` is None unless `kind` is answered; `reason_text` is the model's justification, if any."""

    label: str | None
    kind: str
    reason_text: str | None = None


def parse_label(task: Task, text: str, finish_reason: str) -> ParsedLabel:
    """The label that `text` settles on.

    Each sentence is read for itself: a denied label is not named, an impression that is taken back, a
    condition or a concession names none either. Sentences that repeat the prompt do not count. Then the
    strongest mark decides: "final answer: X", a tag, a box or a JSON key before "answer: X" or "the label is
    X"; these before "overall, X" or a last line of a label alone; these before "X.", "the text is X"; and
    prose last. It outranks all that stands before it. Where sentences of the same strength give different
    labels, or what follows turns against the label, the answer is ambiguous. Prose alone settles a label only
    where all of it agrees. (`read_claim` says what one sentence gives. The ten outputs of Figures 3 and 4 of
    paper A come out as the paper judged them.)

    A refusal before or in prose makes the row `refused`; a mark outranks it. Without a label the answer is
    `refused` (an endpoint withheld it), `empty` (nothing written), `cut_off` (`finish_reason` is length),
    `ambiguous`, `off_list` (at most three words, "the genre is ..." or "none of them": it names something
    else) or `unparsed`."""
    answer = clean_answer(text)
    if not answer:
        return ParsedLabel(None, unanswered.why_empty(text, finish_reason))
    sentences = substance(answer)
    own = _own(task, sentences)
    settled = answer_questions(task, own)
    statements = [one for one in settled if not is_question(one)]
    readings = read_answer(task, statements)
    chosen = _settle(readings)
    if chosen is None and not readings:
        readings = [one for one in read_answer(task, settled) if _is_guess(one)]
        chosen = _settle(readings)
    if chosen is None or _is_cut_short(readings, chosen, finish_reason):
        return ParsedLabel(None, _why(task, sentences, own, readings, finish_reason))
    if _is_refused(task, readings, chosen):
        return ParsedLabel(None, "refused")
    return ParsedLabel(chosen.claim.label, "answered", _reason(readings, chosen))


def _own(task: Task, sentences: Sequence[str]) -> list[str]:
    """Those that repeat no prompt, up to where an answered prompt is repeated: there a new example begins."""
    own: list[str] = []
    for sentence in sentences:
        if not _is_echo(task, sentence):
            own.append(sentence)
        elif count_words(sentence) >= unanswered.ECHO_WORDS and any(
            reading.strength > Strength.PLAIN and reading.claim.label for reading in read_answer(task, own)
        ):
            break
    return own


def _settle(readings: Sequence[Reading]) -> Reading | None:
    """The reading that decides, None where none does."""
    marked = [one for one in readings if not one.is_empty and one.strength > Strength.PLAIN]
    if not marked:
        return _agreed(readings)
    top = max(one.strength for one in marked)
    strongest = [one for one in marked if one.strength == top]
    chosen = strongest[-1]
    labels = {one.claim.label for one in strongest if one.claim.label is not None}
    if chosen.claim.label is None or len(labels) > 1:
        return None
    behind = readings[_place(readings, chosen) + 1 :]
    return None if any(_turns_against(chosen, one) for one in behind) else chosen


def _agreed(readings: Sequence[Reading]) -> Reading | None:
    """The first of the surest readings in prose, where all of them give one label and none denies it."""
    best = max((one.claim.certainty for one in readings), default=Certainty.NONE)
    surest = [one for one in readings if one.claim.certainty == best]
    labels = {one.claim.label for one in surest}
    if best < Certainty.PART or len(labels) != 1 or None in labels:
        return None
    [label] = labels
    return None if any(label in one.claim.denied for one in readings) else surest[0]


def _turns_against(chosen: Reading, later: Reading) -> bool:
    """Whether a later sentence gives another label, or denies the chosen one."""
    label = chosen.claim.label
    if label in later.claim.denied and label != later.claim.label:
        return True
    if later.claim.label is None or later.claim.label == label or later.claim.certainty < Certainty.FIRM:
        return False
    if later.strength > Strength.PLAIN:
        return True
    begins = LEAD_IN.match(chosen.sentence[: chosen.claim.mentions[0].start])
    if chosen.strength == Strength.STATED and not begins:  # "The text is X", not "X."
        return True
    turns = has_turn(later.sentence) or _CORRECTS.match(later.sentence) is not None
    return turns and chosen.strength < Strength.FINAL


def _place(readings: Sequence[Reading], chosen: Reading) -> int:
    return next(place for place in range(len(readings) - 1, -1, -1) if readings[place] is chosen)


def _is_refused(task: Task, readings: Sequence[Reading], chosen: Reading) -> bool:
    """Whether the deciding sentence declines to answer, or where nothing marks it, one before it does."""
    if unanswered.refuses(task, [chosen.sentence[chosen.start :]]):
        return True
    before = [reading.sentence for reading in readings[: _place(readings, chosen)]]
    return chosen.strength < Strength.CONCLUDING and unanswered.refuses(task, before)


def _is_cut_short(readings: Sequence[Reading], chosen: Reading, finish_reason: str) -> bool:
    """Whether an answer met the token limit while it still reasoned: what prose says by then is no answer."""
    if finish_reason != "length" or chosen.strength > Strength.PLAIN:
        return False
    return chosen.claim.certainty < Certainty.FIRM or _THINKS_ALOUD.match(readings[0].sentence) is not None


def _why(
    task: Task, sentences: Sequence[str], own: Sequence[str], readings: Sequence[Reading], finish_reason: str
) -> str:
    """The kind of an answer that settles on no label."""
    kind = unanswered.why_unanswered(task, sentences, own, finish_reason)
    if kind not in ("unparsed", "off_list"):
        return kind
    marked = [one for one in readings if one.strength >= Strength.NAMED and not one.is_empty]
    if marked and not marked[-1].claim.named | marked[-1].claim.denied:
        return "off_list"
    named = {label for reading in readings for label in reading.claim.named | reading.claim.denied}
    given = any(reading.claim.named and reading.claim.certainty > Certainty.NONE for reading in readings)
    return "ambiguous" if len(named - {task.both}) > 1 and given else kind


def _is_guess(reading: Reading) -> bool:
    """ "Positive?", "Maybe a comedy?", not "Is it positive?"."""
    text = reading.sentence
    for start, end in [*find_phrases(text)["maybe"], *((m.start, m.end) for m in reading.claim.mentions)]:
        text = text[:start] + " " * (end - start) + text[end:]
    return all(_ARTICLE.match(word) for word in re.findall(r"\w+", text))


def _is_echo(task: Task, sentence: str) -> bool:
    """True for words that stand in the prompt as they are: four or more, or two that name no label."""
    if not unanswered.repeats_prompt(task, sentence):
        return False
    return count_words(sentence) >= unanswered.ECHO_WORDS or not find_mentions(task, sentence)


def _reason(readings: Sequence[Reading], chosen: Reading) -> str | None:
    """Every statement but those that only give the label, and of the deciding one what follows a bare label
    or "because"."""
    parts = []
    for reading in readings:
        if reading is chosen:
            parts.append(_reason_beside(reading))
        elif not reading.is_empty and not (
            reading.strength > Strength.PLAIN and is_bare(reading.sentence[reading.start :], reading.claim)
        ):
            parts.append(reading.sentence)
    return " ".join(filter(None, parts)) or None


def _reason_beside(reading: Reading) -> str:
    """The deciding sentence without its label."""
    text, mentions, label = reading.sentence[reading.start :], reading.claim.mentions, reading.claim.label
    first = next((mention for mention in mentions if mention.label == label), mentions[0])
    is_single = len({mention.label for mention in mentions}) == 1
    is_bare = (
        LEAD_IN.match(text[: first.start])
        and count_words(text[first.start : first.end]) <= SHORT_ANSWER_WORDS
        and (is_single or CLAUSE_END.match(text[first.end :]))
    )
    because = BECAUSE.search(text)
    part = text[first.end :] if is_bare else text[because.start() :] if because else ""
    part = part.strip(" \t,;:.!?()—–-\"'”’}")
    return part if count_words(part) > 1 else ""
