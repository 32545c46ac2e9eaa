"""Readings of the sentences of an answer: their claims, and how strongly each is marked as the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actors.labels.language.certainty import Certainty, has_turn
from actors.labels.language.phrases import find_phrases
from actors.labels.parse.answer_text import SHORT_ANSWER_WORDS, count_words
from actors.labels.parse.claims import Claim, read_claim
from actors.labels.parse.marks import Mark, Strength, read_marks
from actors.labels.parse.mentions import find_mentions
from actors.prompts.task import Task

# "a", "the", "label", "です", not "service"
_FILLER = re.compile(
    r"(?:an?|the|it|it['’]s|its|is|this|that|les?|la|el|un[ae]?|der|die|das|ein|eine|answer|label|sentiment|text"
    r"|review|film|movie|message|one|likely|probably|definitely|clearly|certainly|的|です|だ|である|입니다|이다|ครับ|ค่ะ"
    r"|high|low|medium|confidence|confident|certain|[\d.%]+)$",
    re.IGNORECASE,
)
# "as follows", "yes", "clear", not "mixed"
_SAYS_NOTHING = re.compile(
    r"\W*(?:as follows|below|yes|no|right|wrong|correct|incorrect|clear|obvious|simple|not?|here"
    r"|this|that|it)\b",
    re.IGNORECASE,
)
# "(high confidence)", "[0.9]", not "("
_ASIDE = re.compile(r"[(\[][^()\[\]]{0,100}[)\]]")
# "The sentiment of the text is clearly a ", "It is ", not "The sentiment of the first half is "
_STATING = re.compile(
    r"\W*(?:so|thus|then|yes|no)?\W*(?:(?:the|this|its|that) (?:(?:overall|final|given|above) )?(?:\w+ )?"
    r"(?:answer|label|sentiment|category|class|genre|polarity|tone|relation(?:ship)?|text|review|message|sentence"
    r"|passage|tweet|meme|film|movie|statement|post|comment|document|image|picture|hypothesis|emoji)"
    r"(?: (?:of|in|for|expressed in|conveyed by) (?:the|this) (?:given )?(?:text|review|message"
    r"|sentence|passage"
    r"|tweet|meme|film|movie|statement|post|comment|document|image|picture|pair))?(?: above| here)?"
    r"|it|this|that)"
    r"(?: is|['’]s)(?: (?:clearly|definitely|certainly|likely|probably|mostly|generally|indeed|classified as"
    r"|best described as))?(?: an?| the)?\W*",
    re.IGNORECASE,
)
# " review.", " in tone"
_STATED = re.compile(
    r"\W*(?:label|review|text|sentiment|film|movie|statement|message|one|in (?:tone|sentiment|nature))?\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """The claim of one sentence of an answer, and how strongly it is marked as the answer."""

    sentence: str
    strength: Strength
    claim: Claim
    start: int = 0  # where the part begins that the claim was read from
    is_empty: bool = False  # a mark with nothing behind it


def read_answer(task: Task, sentences: Sequence[str]) -> list[Reading]:
    """A reading per sentence; a mark alone ("Answer:") marks the sentence behind it."""
    readings: list[Reading] = []
    heading: Strength | None = None
    for place, sentence in enumerate(sentences):
        turned = place + 1 < len(sentences) and has_turn(sentences[place + 1])
        reading = _read(task, sentence, turned=turned)
        if heading is not None and not reading.is_empty and reading.strength <= heading:
            reading = replace(reading, strength=heading)
        heading = reading.strength if reading.is_empty else None
        readings.append(reading)
    bare = [reading for reading in readings if reading.strength == Strength.STATED and reading.claim.label]
    if len(readings) > 1 and bare and bare[-1] is readings[-1] and _is_last_word(readings, bare):
        readings[-1] = replace(readings[-1], strength=Strength.CONCLUDING)
    return readings


def _is_last_word(readings: Sequence[Reading], bare: Sequence[Reading]) -> bool:
    """Whether the last line is a label alone, and no other line is another label: that would be a list."""
    lines = {reading.claim.label for reading in bare if is_bare(reading.sentence, reading.claim)}
    return len(lines) == 1 and is_bare(readings[-1].sentence, readings[-1].claim)


def _read(task: Task, sentence: str, *, turned: bool = False) -> Reading:
    whole = read_claim(task, sentence, turned=turned)
    for mark in read_marks(sentence):
        part = sentence[mark.start :]
        claim = read_claim(task, part, turned=turned)
        if not any(map(str.isalnum, part)) and mark.strength >= Strength.NAMED:
            return Reading(sentence, mark.strength, claim, mark.start, is_empty=True)
        if _holds(task, sentence, mark, claim, whole):
            return Reading(sentence, mark.strength, claim, mark.start)
        if mark.strength == Strength.CONCLUDING and whole.label and not claim.named | claim.denied:
            return Reading(sentence, Strength.CONCLUDING, whole)
    is_sure = whole.label is not None and whole.certainty == Certainty.FIRM
    if is_sure and (is_bare(sentence, whole) or _states(sentence, whole)):
        return Reading(sentence, Strength.STATED, whole)
    return Reading(sentence, Strength.PLAIN, whole)


def _holds(task: Task, sentence: str, mark: Mark, claim: Claim, whole: Claim) -> bool:
    """Whether `mark` marks an answer: a label, or words that are none instead of one."""
    if mark.bare:
        lead_names = find_mentions(task, sentence[: mark.start], negated=True)
        return not lead_names and claim.label is not None and is_bare(sentence[mark.start :], claim)
    if mark.strength == Strength.CONCLUDING:
        return bool(claim.named)
    if claim.named or claim.denied:
        return claim.certainty > Certainty.NONE or not claim.named
    words = sentence[mark.start :]
    is_short = count_words(words) <= SHORT_ANSWER_WORDS and not _SAYS_NOTHING.match(words)
    return is_short and not whole.named


def is_bare(text: str, claim: Claim) -> bool:
    """Whether `text` is nothing but its label, perhaps with an article or "(high confidence)"."""
    if claim.label is None or {mention.label for mention in claim.mentions} != {claim.label} or claim.denied:
        return False
    rest = list(text)
    for mention in claim.mentions:
        rest[mention.start : mention.end] = " " * (mention.end - mention.start)
    words = _ASIDE.sub(" ", "".join(rest))
    for start, end in find_phrases(words)["is"]:
        words = words[:start] + " " * (end - start) + words[end:]
    return all(_FILLER.match(word) for word in re.findall(r"[^\W_][\w'’.%]*", words))


def _states(sentence: str, claim: Claim) -> bool:
    """Whether the sentence says of the whole text that it is its label, and no more."""
    first, last = claim.mentions[0], claim.mentions[-1]
    return (
        {mention.label for mention in claim.mentions} == {claim.label}
        and _STATING.fullmatch(sentence[: first.start]) is not None
        and _STATED.fullmatch(sentence[last.end :]) is not None
    )
