"""What the filters' reason codes and scores are called for people."""

from __future__ import annotations

from collections.abc import Mapping

FILTER_WORDS: Mapping[str, str] = {
    "too_short": "fewer words than the limit",
    "too_long": "more words than the limit",
    "no_end": "the response does not come to an end",
    "trailing_dots": "the response ends in dots",
    "repetition": "the same words again and again",
    "leftover_boxes": "box coordinates of the raw annotation are left",
    "unchanged": "nothing but case and punctuation was rewritten",
    "low_similarity": "it says something else than the raw annotation",
    "no_paragraph_left": "no paragraph fits the picture",
    "contradiction": "it contradicts the raw answer",
}
RULES = ("too_short", "too_long", "no_end", "trailing_dots", "repetition", "leftover_boxes", "unchanged")
