"""Which label one sentence gives, how sure it is of it, and what it denies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from actors.labels.language.certainty import Certainty, certainty
from actors.labels.language.negations import is_far_denied, is_half_denied
from actors.labels.language.phrases import find_phrases
from actors.labels.parse.answer_text import SHORT_ANSWER_WORDS, count_words
from actors.labels.parse.denials import affirmed_mentions
from actors.labels.parse.mentions import Mention, all_mentions
from actors.prompts.task import Task

# ", because", " since it", not " drama"
CLAUSE_END = re.compile(r"^\s*[,;:(—–]|^\s+(?:-|because|since|as|given|due)\b", re.IGNORECASE)
# ", or a ", " and ", not " is "
LIST_JOINT = re.compile(
    r"^[\s,;:/|&()]*(?:(?:or|and|oder|und|ou|et|o|y|e|или|и|veya|ve|hoặc|và|au|na|ή|και)\b[\s,]*)?"
    r"(?:an?\b|the\b)?\s*$",
    re.IGNORECASE,
)
# "but", "although", not "and"
_TURN = re.compile(r"\b(?:but|or|however|although|though|yet|while|then|later|until)\b", re.IGNORECASE)
# ", because the ", " (it says", ", there is", not ", the end is"
_EXPLAINS = re.compile(
    r"^\s*[,;:(—–-]*\s*(?:because|since|as|given|due|for|there|it|this|that|the (?:premise"
    r"|hypothesis|text|writer"
    r"|author|review|speaker|customer|reviewer|message|sender|film|movie|image|picture|user)|he|she|they|we|i|no)\b",
    re.IGNORECASE,
)
# "The answer is a ", "Genre: ", not "The plot is a "
LEAD_IN = re.compile(
    r"^\W*(?:(?:the |my )?(?:final |correct )?(?:answer|label|genre|response)\s*(?:is|:)\s*)?"
    r"(?:an? |the )?\W*$",
    re.IGNORECASE,
)
# "not positive", "non-toxic", "kein Spam", "не спам", "不积极", not "notable"
_NEGATIVE_NAME = re.compile(
    r"(?:(?:not?|non|nicht|kein\w*|pas|não|не|ni|bez|без|غير|ليس|si|sio|không|μη|όχι|δεν)[\s_-]+|[不非没無无]|ไม่)(?P<name>.+)"
    r"|(?P<before>.+?)\s+(?:değil|नहीं|نہیں)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claim:
    """`label` of a sentence, None where it gives none or several; `named` are all labels in it that are not
    denied, `denied` those that are and are not given too; `mentions` those that decided."""

    label: str | None
    certainty: Certainty
    mentions: tuple[Mention, ...] = ()
    named: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()


def read_claim(task: Task, sentence: str, *, turned: bool = False) -> Claim:
    """The claim of `sentence` about the labels; `turned` says that the next one turns against it.

    Where one label is another's negation ("positive", "not positive"), a denial of the one is the other. Of
    several labels, those of `negatives_first` win, and a label at the beginning wins where an explanation
    follows ("Neutral, because ..."); a task with `both` takes two labels, or its word with one of them or in
    an answer of at most three words, for both."""
    harmless = find_phrases(sentence)["allows"]  # "no doubt" names no label "no"
    everything = [
        mention
        for mention in all_mentions(task, sentence)
        if not any(start <= mention.start and mention.end < end for start, end in harmless)
    ]
    if not everything:
        return Claim(None, Certainty.NONE)
    affirmed = affirmed_mentions(task, sentence)
    given: list[tuple[Certainty, Mention]] = []
    denied: set[str] = set()
    for mention in everything:
        place = (sentence, mention.start, mention.end)
        if mention in affirmed and (mention.label in task.negatives_first or not is_far_denied(*place)):
            given.append((certainty(*place, turned=turned), mention))
            continue
        denied.add(mention.label)
        opposite = complements(task).get(mention.label)
        if opposite is not None and mention not in affirmed and not is_half_denied(*place):
            given.append((certainty(*place, turned=turned), Mention(opposite, mention.start, mention.end)))
    best = max((sure for sure, _ in given), default=Certainty.NONE)
    least = Certainty.ASIDE if task.both is not None else best
    chosen = [mention for sure, mention in given if sure > Certainty.NONE and least <= sure]
    label = _decide(task, sentence, chosen)
    named = frozenset(mention.label for _, mention in given)
    return Claim(label, best, tuple(chosen), named, frozenset(denied - {mention.label for mention in chosen}))


@lru_cache(maxsize=256)
def _complements(labels: tuple[str, ...]) -> Mapping[str, str]:
    by_name = {" ".join(label.casefold().split()): label for label in labels}
    pairs = {}
    for label in labels:
        match = _NEGATIVE_NAME.fullmatch(" ".join(label.casefold().split()))
        plain = by_name.get((match["name"] or match["before"]).strip()) if match else None
        if plain is not None:
            pairs[plain] = label
    return pairs


def complements(task: Task) -> Mapping[str, str]:
    """By label, the label that is its negation, as `not spam` is of `spam`."""
    return _complements(task.labels)


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
        LEAD_IN.match(sentence[: first.start]) is not None
        and CLAUSE_END.search(sentence[first.end :]) is not None
        and _EXPLAINS.search(sentence[first.end :]) is not None
        and LIST_JOINT.search(sentence[first.end : second.start]) is None
        and _TURN.search(sentence[:last]) is None
    )
