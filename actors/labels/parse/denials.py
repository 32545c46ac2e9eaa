"""Which of the labels that a sentence names it denies, excludes or marks with a no, and which it affirms."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from actors.labels.parse.mentions import Mention, all_mentions, find_mentions
from actors.prompts.task import Task

LONGEST_JOINT = 40  # characters between two members of a list; it bounds what the expressions below read

# " or a ", ", ", " film and the "
_JOINT = re.compile(
    r"[\s\"'”’)\]]*(?:(?:films?|movies?|elements?|stor(?:y|ies)|genres?)\b)?[\s,/|&(\"'“]*"
    r"(?:(?:or|and|nor|oder|noch|und|ou|et)\b[\s,]*)?(?:(?:an?|the|any)\b)?[\s\"'“-]*",
    re.IGNORECASE,
)
# "drama or war", "ou", not "drama and war"
_OR = re.compile(r"\b(?:or|nor|oder|noch|ou)\b", re.IGNORECASE)
# " in this ", not " or "
_NEW_PHRASE = re.compile(r"\b(?:in|within|for|is|just|only)\b", re.IGNORECASE)
# "doesn't", "neither", not "in this"
_NEGATION = re.compile(r"\b(?:not?|nor|or|neither|without)\b|n['’]t\b", re.IGNORECASE)
# "none of them", not "notable"
_NOTHING = re.compile(r"\b(?:none|nothing|nobody|not?)\b", re.IGNORECASE)
# "(", "–", not "film-noir"
_CLAUSE = re.compile(r"[,;:.!?()—–]")
_UP_TO_FOUR_WORDS = r"(?:[\s\"“(]+(?!(?:but|so|because|since|then|sondern|mais)\b)[\w'’-]+){0,4}[\s\"“(-]*$"
# "has nothing to do with ", "lacks any ", not "lacks depth but is a "
_DENIES_ALL = re.compile(
    r"\b(?:nothing to do with|exclud(?:es?|ed|ing)|except(?: for)?|lack(?:s|ing)?|devoid of|free of"
    r"|absence of|rul(?:es?|ed|ing) out)\b" + _UP_TO_FOUR_WORDS,
    re.IGNORECASE,
)
# "far from being a ", "ohne ", not "far from a comedy, "
_DENIES = re.compile(
    r"\b(?:unlikely|hardly|barely|scarcely|anything but|far from|opposed to|(?:opposite|contrary"
    r"|reverse) (?:of|to)"
    r"|minus|ohne|kaum|sans)\b" + _UP_TO_FOUR_WORDS,
    re.IGNORECASE,
)
# " does not apply", " genres aren't really listed", " is excluded", not " does apply"
_DENIED_AFTER = re.compile(
    r"[\s\"'”’)\]]{0,4}(?:(?:genres?|elements?|themes?|aspects?|labels?)\s+)?(?:"
    r"(?P<verb>does|do|did|is|are|was|were|has|have|can|could|should|would)(?:\s+not|n['’]?t|not|['’]t)\b"
    r"(?:\s+\w+ly)?\s*(?:(?:seem|appear)\s+to\s+)?(?:be\s+)?"
    r"(?:apply|fit|suit|match|qualify|count|belong|present|applicable|relevant|appropriate|included|suitable"
    r"|involved|listed|considered|among|genres|one of|part of|an? (?:\w+ )?(?:genre|fit|match|part|theme"
    r"|element|focus)|the (?:\w+ )?(?:genre|focus))\b"
    r"|(?P<modal>can|could|may|must|should)\s+(?:also\s+)?be\s+(?:ruled out|excluded|dismissed"
    r"|rejected|discarded)\b"
    r"|(?P<state>is|are|was|were|would be|seems?|sounds?)\s+(?:\w+ly\s+)?(?:absent|excluded"
    r"|ruled out|irrelevant"
    r"|inapplicable|missing|unlikely|wrong|incorrect|false|inaccurate|misleading|out of the question"
    r"|too strong"
    r"|an? (?:\w+ )?(?:stretch|exaggeration|overstatement|mistake|error|joke|lie)"
    r"|not (?:right|correct|it|true|the case|what|quite|really|the (?:right|correct|best)))\b"
    r"|(?P<forbidden>(?:\w+\s+){0,2}(?:cannot|can['’]?t|can\s+not|could\s+not|couldn['’]?t|should\s+not|shouldn['’]?t|must\s+not)\s+be)\b"
    r"|(?P<inverted>(?:it|this|that|the text|the film)\s+(?:is\s+not|isn['’]t|was\s+not"
    r"|wasn['’]t))(?=\W*$|\W+but\b))",
    re.IGNORECASE,
)
_PLURAL = ("do", "are", "were", "have")
# "[x]", "☐", "✓", not "[Drama]"
_BOX = re.compile(
    r"(?P<yes>[✓✔☑✅☒]|[\[(]\s?[x✓✔*]\s?[\])])|(?P<no>[✗✘✕✖❌×☐]|\[\s{0,3}\]|\(\s{0,3}\))", re.IGNORECASE
)
# ": yes", "? No.", " (0.2)", not ": nothing"
_VERDICT = re.compile(
    r"[\s\"'”’)\]]{0,9}(?P<sign>[:=(\[?|,>–—-]{0,3})[\s\"'“]{0,9}"
    r"(?:(?P<yes>yes|true|ja|oui|1(?:\.0)?)"
    r"|(?P<no>no|not applicable|n/a|none|false|nein|non|0(?:\.[0-4]\d*)?%?))"
    r"(?!\.?\w)\s{0,9}(?P<end>[\"'”’)\]}]{0,3}\s?(?:[,;.!?/|–—-]|$))?",
    re.IGNORECASE,
)
# ": ", "(", not " - "
_SURE_SIGN = re.compile(r"[:=(\[?|]")
# "Not applicable: ", ". (excluded:", not "Drama, War"
_LEAD = re.compile(r"(?:^|[;(|,.])[\s\"'“\[{-]{0,5}([^:;,.()|]{2,60}):")
# "Not applicable", "rejected", "keine", not "not only", not "no doubt"
_EXCLUDES = re.compile(
    r"\b(?:not(?! only\b)|no(?! doubt\b)|none|non|exclud\w+|reject\w+|ruled out|(?:do|does|are|is)n['’]?t"
    r"|irrelevant|absent|missing|inapplicable|nicht|keine?|false)\b",
    re.IGNORECASE,
)
# "Excluded genres", "These do not apply:", not "It is not easy."
_EXCLUDING_TITLE = re.compile(
    r"^\W*(?:(?:excluded|rejected|not applicable|irrelevant)(?: (?:genres|labels|ones))?|.{0,80}:)\W*$",
    re.IGNORECASE,
)
# "but here are", not "butter"
_TURNS = re.compile(r"\b(?:but|however|here|though)\b", re.IGNORECASE)


def affirmed_mentions(task: Task, sentence: str) -> list[Mention]:
    """The mentions that are not denied ("not a comedy, drama or western"), excluded or marked with a no."""
    mentions = all_mentions(task, sentence)
    verdicts = read_verdicts(sentence, mentions)
    excluded = _denied_before(task, sentence, mentions) | _denied_after(sentence, mentions)
    excluded |= _behind_excluding_leads(sentence, mentions)
    return [m for place, m in enumerate(mentions) if verdicts.get(place, place not in excluded)]


def announces_exclusions(sentence: str) -> bool:
    """Whether `sentence`, which names no label, is a heading over labels that are not given."""
    is_title = _EXCLUDING_TITLE.match(sentence) is not None and not _TURNS.search(sentence)
    return is_title and _EXCLUDES.search(sentence) is not None


def read_verdicts(sentence: str, mentions: Sequence[Mention]) -> dict[int, bool]:
    """What is ticked, crossed, or said yes or no to, by place in `mentions`."""
    if not mentions:
        return {}
    boxes = list(_BOX.finditer(sentence))
    if boxes:
        return _boxed(sentence, mentions, boxes)
    starts = {mention.start for mention in mentions}
    verdicts: dict[int, bool] = {}
    for place, mention in enumerate(mentions):
        match = _VERDICT.match(sentence, mention.end)
        if match and (
            match["end"] is not None or (_SURE_SIGN.search(match["sign"]) and match.end() in starts)
        ):
            verdicts[place] = match["yes"] is not None
    return _spread_back(sentence, mentions, verdicts)


def _boxed(sentence: str, mentions: Sequence[Mention], boxes: Sequence[re.Match[str]]) -> dict[int, bool]:
    before = boxes[0].start() < mentions[0].start
    verdicts: dict[int, bool] = {}
    starts, ends = [mention.start for mention in mentions], sorted(mention.end for mention in mentions)
    for box in boxes:
        place = bisect_left(starts, box.end()) if before else bisect_right(ends, box.start()) - 1
        gap = starts[min(place, len(starts) - 1)] - box.end() if before else box.start() - ends[place]
        if 0 <= place < len(mentions) and 0 <= gap <= LONGEST_JOINT:
            verdicts[place] = box["yes"] is not None
    if not before:
        return _spread_back(sentence, mentions, verdicts)
    for place in range(1, len(mentions)):
        if place not in verdicts and place - 1 in verdicts and _joined(sentence, mentions, place) is not None:
            verdicts[place] = verdicts[place - 1]
    return verdicts


def _spread_back(sentence: str, mentions: Sequence[Mention], verdicts: dict[int, bool]) -> dict[int, bool]:
    """`verdicts` and those of what stands with a label before it ("Romantic comedy: no")."""
    spread = dict(verdicts)
    for place in range(len(mentions) - 1, 0, -1):
        joint = _joined(sentence, mentions, place)
        if place in spread and joint is not None and "," not in joint:
            spread.setdefault(place - 1, spread[place])
    return spread


def _joined(sentence: str, mentions: Sequence[Mention], place: int) -> str | None:
    """What joins a mention with the one before it in one list, None where nothing does."""
    start, end = mentions[place - 1].end, mentions[place].start
    joint = sentence[start : max(start, end)]
    return joint if len(joint) <= LONGEST_JOINT and _JOINT.fullmatch(joint) else None


def _denied_before(task: Task, sentence: str, mentions: Sequence[Mention]) -> set[int]:
    """Places behind a negation, and those to which its list goes on: up to an "or", or all of it."""
    kept = set(find_mentions(task, sentence))
    joints = [None, *(_joined(sentence, mentions, place) for place in range(1, len(mentions)))]
    or_ahead = [False] * (len(mentions) + 1)
    for place in range(len(mentions) - 1, 0, -1):
        joint = joints[place]
        or_ahead[place] = joint is not None and (bool(_OR.search(joint)) or or_ahead[place + 1])
    denied: set[int] = set()
    whole_list = False
    for place, mention in enumerate(mentions):
        clause = _CLAUSE.split(sentence[max(0, mention.start - 80) : mention.start])[-1]
        denies_all = _denies_all(clause)
        joint = joints[place] if place - 1 in denied else None
        goes_on = joint is not None and (whole_list or or_ahead[place] or not joint.strip(" -"))
        negated = mention not in kept and not (place - 1 in denied and _moves_on(sentence, mentions, place))
        if negated or denies_all or _DENIES.search(clause):
            denied.add(place)
            whole_list = denies_all
        elif goes_on:
            denied.add(place)
    return denied


def _denies_all(clause: str) -> bool:
    match = _DENIES_ALL.search(clause)
    return match is not None and not _NOTHING.search(clause[: match.start()])


def _moves_on(sentence: str, mentions: Sequence[Mention], place: int) -> bool:
    """Whether a new phrase begins between two mentions, as in "no comedy in this drama"."""
    between = sentence[mentions[place - 1].end : mentions[place].start]
    return bool(_NEW_PHRASE.search(between)) and not _NEGATION.search(between)


def _denied_after(sentence: str, mentions: Sequence[Mention]) -> set[int]:
    """Places before "does not apply" and the like, for a plural the whole list."""
    denied: set[int] = set()
    for place in range(len(mentions)):
        match = _DENIED_AFTER.match(sentence, mentions[place].end)
        if not match:
            continue
        denied.add(place)
        plural = (match["verb"] or match["state"] or "").casefold() in _PLURAL
        while place > 0:
            joint = _joined(sentence, mentions, place)
            if joint is None or not (plural or "," not in joint):
                break
            place -= 1
            denied.add(place)
    return denied


def _behind_excluding_leads(sentence: str, mentions: Sequence[Mention]) -> set[int]:
    """Places behind "Excluded:" and the like, up to the next lead or the sentence's end."""
    named = {at for mention in mentions for at in range(mention.start, mention.end)}
    leads = [match for match in _LEAD.finditer(sentence) if named.isdisjoint(range(*match.span(1)))]
    ends = [*(match.start() for match in leads[1:]), len(sentence)]
    denied: set[int] = set()
    for match, end in zip(leads, ends, strict=False):
        if not _EXCLUDES.search(match[1]):
            continue
        closing = sentence.find(")", match.end(), end) if match[0].startswith("(") else -1
        stop = end if closing < 0 else closing
        denied |= {place for place, m in enumerate(mentions) if match.end() <= m.start < stop}
    return denied
