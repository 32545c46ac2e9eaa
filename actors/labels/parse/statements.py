"""Which labels one sentence states as the answer, as against those that it only tells a story with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from actors.labels.parse.denials import read_verdicts
from actors.labels.parse.mentions import Mention

LONGEST_FILLER = 200  # characters around a list

# "it's", not "42"
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
# "elements of", "as well as", not "elements"
_PORTION = re.compile(
    r"\b(?:elements?|aspects?|touch(?:es)?|hints?|bits?|dash|undertones?|mix(?:ture)?|blend|combination|sort|kind"
    r"|lot) of\b|\b(?:as well(?: as)?|of course)\b",
    re.IGNORECASE,
)
# "genres", "film's", not "family"
_FILLER = re.compile(
    r"(?:and|or|und|oder|et|ou|y|with|plus|but|also|too|both|an?|the|some|ein|eine|das|der|die"
    r"|its?|it['’]s|this|that|these|is|are|be|was|were|ist|sind|i['’]d|say|would|here|sure|for|yes|no|true|false"
    r"|films?|film['’]s|movies?|stor(?:y|ies)|(?:sub-?)?genres?|sub|elements|aspects|undertones|themed|themes|type"
    r"|answers?|labels?|category|response|tags?|list|main|major|primary|secondary|final|correct"
    r"|likely|probably|possibly|perhaps|maybe|potential|most|mostly)$",
    re.IGNORECASE,
)
# "romantic", "dark", not "they"
_ADJECTIVE = re.compile(
    r"(?!(?:they|my|why|by|only)$)(?:[\w'’-]+(?:al|ic|ive|ous|ful|y|ed|ing|ish|ian|age)"
    r"|dark|black|light|teen|spy|period|superhero|buddy|heist|road|slapstick|cult|wartime)$",
    re.IGNORECASE,
)
# ", ", "2", " and ", not " dark "
_ITEM_SIGN = re.compile(r"[,;/|&+\d]|\b(?:and|or|with|plus|und|oder|et|ou)\b", re.IGNORECASE)
# ": ", " - ", "—", not "-"
_EXPLAINS = re.compile(r"[\"'”’)\]*]{0,3}(?:\s?:\s|\s[–—-]\s|[–—])")
_TELLS = (
    r"\b(?:follow(?:s|ing|ed)?|tell(?:s|ing)|depict\w*|portray\w*|show(?:s|ing)|revolv\w+|explor\w+|focus\w*"
    r"|set (?:in|during|against|on)|cent(?:er|r)\w+ (?:on|around)|based on|deal\w* with|involv\w+|surround\w+"
    r"|because|since|as (?:it|the|he|she|they|we|there)|due to|given that|weil|handelt)\b"
)
# "follows", "set in", "as they", not "the story"
_TELLING = re.compile(_TELLS, re.IGNORECASE)
# "about a family", "who", "\"reason\": ", not "genres"
_TALE = re.compile(
    _TELLS + r"|\b(?:about|on (?:the|an?|how)|for (?:the|all|every)|that|which|who(?:se|m)?|where|when|while"
    r"|against|amid\w*|during|in the midst|with (?:his|her|their))\b"
    r"|[\"'](?:reason|explanation|rationale|justification)\w*[\"']\s?:",
    re.IGNORECASE,
)
# "genre", "described as", "Short answer", not "generous"
_SAYS_GENRE = re.compile(
    r"\b(?:sub-?)?genres?\b|\bcategor(?:y|ies)\b|\blabels?\b|^\W*(?:\w+ )?(?:answer|response|output|tags?)\b"
    r"|\b(?:classified|categori[sz]ed|described|labell?ed|regarded|seen|characteri[sz]ed) as\b"
    r"|\bfalls? (?:under|into)\b",
    re.IGNORECASE,
)
# ", and ", ". ", not "and "
_NEXT_ITEM = re.compile(r"[,.;]\s+(?:(?:and|also|or)\s+)?$", re.IGNORECASE)
# ", because", " (due to", not " becoming"
_BECAUSE = re.compile(r"[\s,(]{1,3}(?:because|since|as|due to|given|for)\b", re.IGNORECASE)
# " - it's", " – the", not " - drama"
_RESUMES = re.compile(r"\s[–—-]\s+(?:the|an?|its?|it['’]s|this)\b", re.IGNORECASE)
# "The genre of this film is", "Genres:", not "The genre, because"
_GENRE_IS = re.compile(
    r"\b(?:genres?|category|categories|labels?|answer)\b(?![^:]*\b(?:because|since|due to)\b)[^:,]{0,60}?"
    r"(?:\b(?:is|are|include|would be|ist|sind)\b|:)",
    re.IGNORECASE,
)
# " is the first", ", are", not " island"
_IS_ONE = re.compile(r"\W*(?:is|are|as)\b", re.IGNORECASE)
# "is", "seems", "it's", not "his"
_IS = re.compile(
    r"(?:is|are|was|be|being|as|seems?|appears?|considered|say|guess|\w+['’]s|ist)$", re.IGNORECASE
)
# "the story of", "hero", not "the film"
_NOT_OF_THE_SUBJECT = re.compile(
    r"\b(?:in|on|to|from|at|by|of|about|for|story|tale|set|who|he|she|they|character|hero|heroine|protagonist"
    r"|director)\b",
    re.IGNORECASE,
)
# "this film", "Probably a", not "the hero"
_SUBJECT = re.compile(
    r"\b(?:it|this|that|film|movie|picture|image|text|post|i|i['’]d|we)\b|^\W*(?:likely|probably|perhaps)",
    re.IGNORECASE,
)
# "elements", "a touch of", "also has", not "who also knows"
_ADDS = re.compile(
    r"\b(?:elements?|aspects?|undertones?|(?:touch(?:es)?|hints?|dash) of|blend\w*|combin\w*|mix\w*"
    r"|as well as|also (?:an?|has|have|contains?|includes?|incorporates?|features?|be|is|as|some|falls?|fits?"
    r"|belongs?|considered|contain))\b|^\W*also\b",
    re.IGNORECASE,
)
# "It also", "There", "The plot", not "The family"
_ADDING_SUBJECT = re.compile(
    r"\W*(?:also|and|but|plus|additionally|furthermore|moreover|it|it['’]s|this|there|there['’]s|with|elements?"
    r"|some|an?|one|i|we|you|could|can|may|might|perhaps|possibly|maybe"
    r"|the (?:film|movie|story|plot|tone))\b",
    re.IGNORECASE,
)
# "(boxing)", not "[boxing]"
_ASIDE = re.compile(r"\(([^()]{0,300})\)")


def stated_mentions(sentence: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Those of `mentions` that `sentence` states or adds; none where it only tells of something.

    It states them by being a list, speaking of genres, or saying what the film is, each up to where a tale or
    a reason begins; and it adds them with "it also has elements of". Yes or no by each states them too.
    """
    verdicts = read_verdicts(sentence, mentions)
    if verdicts:
        limit = _end_of_list(sentence, mentions, max(verdicts))
        return [mention for mention in mentions if mention.start < limit]
    sentence, mentions = _without_asides(sentence, mentions)
    if not mentions:
        return []
    limit = _limit(sentence, mentions)
    head = _stated(sentence[:limit], [mention for mention in mentions if mention.start < limit])
    if head:
        return head + [m for m in mentions if m.start >= limit and _is_added(sentence, limit, m)]
    added = _ADDS.search(sentence)
    if not added or not _ADDING_SUBJECT.match(sentence):
        return []
    tale = _TALE.search(sentence, added.end())
    return [mention for mention in mentions if not tale or mention.start < tale.start()]


def _is_added(sentence: str, limit: int, mention: Mention) -> bool:
    """Whether a mention in the tale from `limit` on is added: "with elements of war", "..., War because"."""
    if _ADDS.search(sentence[limit : mention.end + 12]):
        return True
    is_item = _NEXT_ITEM.search(sentence[limit : mention.start][-12:])
    return is_item is not None and _BECAUSE.match(sentence, mention.end) is not None


def is_list(sentence: str, mentions: Sequence[Mention], start: int = 0) -> bool:
    """Whether `sentence` is from `start` on nothing but `mentions`, joined or introduced in few words."""
    return (
        _is_filler(sentence[start : mentions[0].start], adjectives=2)
        and all(_is_item_gap(sentence[one.end : two.start]) for one, two in pairwise(mentions))
        and _is_filler(sentence[mentions[-1].end :])
    )


def _stated(head: str, mentions: list[Mention]) -> list[Mention]:
    """The `mentions` from where `head` begins to state, none if it never does."""
    if is_list(head, mentions):
        return mentions
    ends = [0, *(mention.end for mention in mentions)]
    for place, mention in enumerate(mentions):
        before = head[ends[place] : mention.start]
        is_subject = place > 0 and _IS_ONE.match(before)
        if not is_subject and (_GENRE_IS.search(before) or _says_what_it_is(before)):
            return mentions[place:]
    genre = _SAYS_GENRE.search(head)
    return mentions if genre and not _TELLING.search(head[: mentions[0].start], genre.end()) else []


def _says_what_it_is(before: str) -> bool:
    """Whether "it is", "the film can be considered" or the like stands right before a label."""
    subject = _SUBJECT.search(before)
    if not subject:
        return False
    words = _WORD.findall(_PORTION.sub(" ", before[-120:]))
    behind = _PORTION.sub(" ", before[subject.end() :])
    return any(_IS.match(word) for word in words[-5:]) and not _NOT_OF_THE_SUBJECT.search(behind)


def _is_filler(text: str, adjectives: int = 0) -> bool:
    """Whether `text` holds no words but those around a list, and `adjectives` that describe its first."""
    if len(text) > LONGEST_FILLER:
        return False
    words = _WORD.findall(_PORTION.sub(" ", text))
    unknown = [word for word in words if len(word) > 1 and not _FILLER.match(word)]
    return len(unknown) <= adjectives and all(_ADJECTIVE.match(word) for word in unknown)


def _is_item_gap(gap: str) -> bool:
    return _is_filler(gap) or (_is_filler(gap, adjectives=2) and _ITEM_SIGN.search(gap) is not None)


def _limit(sentence: str, mentions: Sequence[Mention]) -> int:
    """The place at which a tale, a reason or what follows "Drama:" begins; the end where none does."""
    tale = _TALE.search(sentence, mentions[0].end)
    limit = tale.start() if tale else len(sentence)
    for place, mention in enumerate(mentions):
        if mention.start >= limit:
            break
        if _EXPLAINS.match(sentence, mention.end):
            return limit if is_list(sentence, mentions[place:], mention.start) else mention.end
    return limit


def _end_of_list(sentence: str, mentions: Sequence[Mention], place: int) -> int:
    """The end of the last mention that is joined in a list with the one at `place`."""
    while place + 1 < len(mentions):
        gap = sentence[mentions[place].end : mentions[place + 1].start]
        if not _is_item_gap(gap) or _RESUMES.search(gap):
            break
        place += 1
    return mentions[place].end


def _without_asides(sentence: str, mentions: Sequence[Mention]) -> tuple[str, list[Mention]]:
    """`sentence` and `mentions` without brackets and what is in them, unless each holds labels alone."""
    spans = [aside.span() for aside in _ASIDE.finditer(sentence)]
    within = [[m for m in mentions if start < m.start < end] for start, end in spans]
    held = [
        inside and all(_is_filler(gap) for gap in _gaps(sentence, (start + 1, end - 1), inside))
        for (start, end), inside in zip(spans, within, strict=True)
    ]
    if all(held):
        return sentence, list(mentions)
    blank = _ASIDE.sub(lambda aside: " " * len(aside[0]), sentence)
    return blank, [m for m in mentions if blank[m.start : m.end] == sentence[m.start : m.end]]


def _gaps(sentence: str, span: tuple[int, int], mentions: Sequence[Mention]) -> list[str]:
    starts = [*(mention.start for mention in mentions), span[1]]
    ends = [span[0], *(mention.end for mention in mentions)]
    return [sentence[end:start] for end, start in zip(ends, starts, strict=True)]
