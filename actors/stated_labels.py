"""Which labels one sentence states, as against those that it only tells a story with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from actors.given_labels import read_verdicts
from actors.label_parser import Mention

LONGEST_FILLER = 200  # characters around a list

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_PORTION = re.compile(
    r"\b(?:elements?|aspects?|touch(?:es)?|hints?|bits?|dash|undertones?|mix(?:ture)?|blend|combination|sort|kind"
    r"|lot) of\b",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:and|or|und|oder|et|ou|y|with|plus|but|also|too|as|well|both|an?|the|some|ein|eine|das|der|die"
    r"|its?|it['’]s|this|that|these|is|are|be|was|were|ist|sind|i['’]d|say|would|here|sure|for|yes|no|true|false"
    r"|films?|film['’]s|movies?|stor(?:y|ies)|(?:sub-?)?genres?|sub|elements|aspects|undertones|themed|themes|type"
    r"|answers?|labels?|category|response|tags?|list|main|major|primary|secondary|final|correct"
    r"|likely|probably|possibly|perhaps|maybe|potential|most|mostly)$",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(
    r"(?!(?:they|my|why|by|only)$)(?:[\w'’-]+(?:al|ic|ive|ous|ful|y|ed|ing|ish|ian|age)"
    r"|dark|black|light|teen|spy|period|superhero|buddy|heist|road|cult|wartime)$",
    re.IGNORECASE,
)
_ITEM_SIGN = re.compile(r"[,;/|&+\d]|\b(?:and|or|with|plus|und|oder|et|ou)\b", re.IGNORECASE)
_EXPLAINS = re.compile(r"[\"'”’)\]*]{0,3}(?:\s?:\s|\s[–—-]\s|[–—])")
_TALE = re.compile(
    r"\b(?:about|that|which|who(?:se|m)?|where|when|while|follow(?:s|ing)|tell(?:s|ing)|depict\w*|portray\w*"
    r"|show(?:s|ing)|revolv\w+|set (?:in|during|against|on)|cent(?:er|r)\w+|based on|explor\w+|focus\w+"
    r"|deal\w* with|because|since|as (?:it|the|he|she|they|we|there)|due to|given that|with (?:his|her|their)"
    r"|involv\w+|surround\w+|against|amid\w*|during|in the midst|weil|handelt)\b"
    r"|[\"'](?:reason|explanation|rationale|justification)\w*[\"']\s?:",
    re.IGNORECASE,
)
_SAYS_GENRE = re.compile(
    r"\b(?:sub-?)?genres?\b|\bcategor(?:y|ies)\b|\blabels?\b|^\W*(?:\w+ )?(?:answer|response|output|tags?)\b"
    r"|\b(?:classified|categori[sz]ed|described|labell?ed|regarded|seen|characteri[sz]ed) as\b"
    r"|\bfalls? (?:under|into)\b",
    re.IGNORECASE,
)
_IS = re.compile(
    r"(?:is|are|was|be|being|as|seems?|appears?|considered|say|guess|\w+['’]s|ist)$", re.IGNORECASE
)
_NOT_OF_THE_FILM = re.compile(
    r"\b(?:in|on|to|from|at|by|of|about|for|story|tale|set|who|he|she|they|character|hero|heroine|protagonist"
    r"|director)\b",
    re.IGNORECASE,
)
_FILM = re.compile(
    r"\b(?:it|this|that|film|movie|picture|i|i['’]d|we)\b|^\W*(?:likely|probably|perhaps)", re.IGNORECASE
)
_ADDS = re.compile(
    r"\b(?:elements?|aspects?|undertones?|(?:touch(?:es)?|hints?|dash) of|blend\w*|combin\w*|mix\w*"
    r"|as well as|also (?:an?|has|have|contains?|includes?|incorporates?|features?|be|is|as|some|falls?|fits?"
    r"|belongs?|considered|contain))\b|^\W*also\b",
    re.IGNORECASE,
)
_ADDING_SUBJECT = re.compile(
    r"\W*(?:also|and|but|plus|additionally|furthermore|moreover|it|it['’]s|this|there|there['’]s|with|elements?"
    r"|some|an?|one|i|we|you|could|can|may|might|perhaps|possibly|maybe"
    r"|the (?:film|movie|story|plot|tone))\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\(([^()]{0,300})\)")


def stated_mentions(sentence: str, every: Sequence[Mention]) -> list[Mention]:
    """Those of `every` that `sentence` states or adds; none where it only tells of something.

    It states them by being a list, speaking of genres, or saying what the film is, each up to where a tale or
    a reason begins; and it adds them with "it also has elements of". Yes or no by each states them too.
    """
    verdicts = read_verdicts(sentence, every)
    if verdicts:
        limit = _end_of_list(sentence, every, max(verdicts))
        return [mention for mention in every if mention.start < limit]
    limit = _limit(sentence, every)
    head = [m for m in every if m.start < limit and not _is_in_aside(sentence, every, m)]
    if head and _states(sentence[:limit], head):
        return head + [m for m in every if m.start >= limit and _ADDS.search(sentence[limit : m.end + 12])]
    added = _ADDS.search(sentence)
    if not added or not _ADDING_SUBJECT.match(sentence):
        return []
    tale = _TALE.search(sentence, added.end())
    return [mention for mention in every if not tale or mention.start < tale.start()]


def is_list(sentence: str, every: Sequence[Mention]) -> bool:
    """Whether `sentence` is nothing but the mentions `every`, joined or introduced in few words."""
    return (
        _is_filler(sentence[: every[0].start], adjectives=2)
        and all(_is_item_gap(sentence[one.end : two.start]) for one, two in pairwise(every))
        and _is_filler(sentence[every[-1].end :])
    )


def _states(head: str, mentions: Sequence[Mention]) -> bool:
    return (
        bool(_SAYS_GENRE.search(head))
        or _says_what_it_is(head[: mentions[0].start])
        or is_list(head, mentions)
    )


def _says_what_it_is(before: str) -> bool:
    """Whether "it is", "the film can be considered" or the like stands right before a label."""
    if not _FILM.search(before):
        return False
    words = _WORD.findall(_PORTION.sub(" ", before[-120:]))
    return any(_IS.match(word) for word in words[-5:]) and not _NOT_OF_THE_FILM.search(_after_subject(before))


def _after_subject(before: str) -> str:
    found = _FILM.search(before)
    return _PORTION.sub(" ", before[found.end() if found else 0 :])


def _is_filler(text: str, adjectives: int = 0) -> bool:
    """Whether `text` holds no words but those around a list, and `adjectives` that describe its first."""
    if len(text) > LONGEST_FILLER:
        return False
    words = _WORD.findall(_PORTION.sub(" ", text))
    unknown = [word for word in words if not _FILLER.match(word)]
    return len(unknown) <= adjectives and all(_ADJECTIVE.match(word) for word in unknown)


def _is_item_gap(gap: str) -> bool:
    return _is_filler(gap) or (_is_filler(gap, adjectives=2) and _ITEM_SIGN.search(gap) is not None)


def _limit(sentence: str, every: Sequence[Mention]) -> int:
    """Where a tale, a reason or what follows "Drama:" begins."""
    tale = _TALE.search(sentence, every[0].end)
    limit = tale.start() if tale else len(sentence)
    for place, mention in enumerate(every):
        if mention.start >= limit:
            break
        if _EXPLAINS.match(sentence, mention.end):
            return limit if is_list(sentence[mention.start :], _moved(every[place:])) else mention.end
    return limit


def _moved(mentions: Sequence[Mention]) -> list[Mention]:
    first = mentions[0].start
    return [Mention(m.label, m.start - first, m.end - first) for m in mentions]


def _end_of_list(sentence: str, every: Sequence[Mention], place: int) -> int:
    """The end of the last mention that is joined in a list with the one at `place`."""
    while place + 1 < len(every) and _is_item_gap(sentence[every[place].end : every[place + 1].start]):
        place += 1
    return every[place].end


def _is_in_aside(sentence: str, every: Sequence[Mention], mention: Mention) -> bool:
    """Whether `mention` stands in brackets that hold more than a list."""
    for aside in _ASIDE.finditer(sentence):
        if aside.start() < mention.start < aside.end():
            inside = [m for m in every if aside.start() < m.start < aside.end()]
            start = aside.start(1)
            return not is_list(aside[1], [Mention(m.label, m.start - start, m.end - start) for m in inside])
    return False
