"""Filters that judge by rule: responses whose form alone is wrong, and those that were not rewritten."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from actors.base import Filter
from actors.filters.limits import limit
from actors.word_breaks import FINAL_MARKS, bare_words, split_words

BOX = re.compile(r"\[\s*\d?\.\d+\s*,")  # a coordinate from 0 to 1 behind an opening bracket
DOTS = ("...", "…", "。。。", "‥")
# A final mark of any script, or the last letter of one that has none: Thai and Lao.
FINISHED = re.compile(rf"""([{FINAL_MARKS}:;：；]|```|[\u0e01-\u0eff])["'”’»」』】》）)\]*_`]*$""")
LIST_ITEM = re.compile(r"\s*([-*•]|\d+[.)])\s")
_ENDS = FINAL_MARKS.replace("…", "")
SENTENCE = re.compile(rf"[^{_ENDS}\n]+[{_ENDS}]*")
LONGEST_PHRASE = 24  # words


class Fault(NamedTuple):
    """Why a response is refused; the figures where there is a limit."""

    reason: str
    detail: str
    score: float | None = None
    threshold: float | None = None


@dataclass
class LengthFilter(Filter):
    """Refuses for the first of: too_short, leftover_boxes, repetition, trailing_dots, no_end, too_long.

    Paper B names the filter (appendix D) and publishes no limit, so all of them are ours. Words are those
    between spaces, and of scripts without spaces those of a dictionary. `no_end` is a
    response that met the token limit (`finish_reason`), or where nobody knows, one without a final mark.
    """

    reasons = {
        "too_short": "fewer words than the limit",
        "too_long": "more words than the limit",
        "no_end": "the response does not come to an end",
        "trailing_dots": "the response ends in dots",
        "repetition": "the same words again and again",
        "leftover_boxes": "box coordinates of the raw annotation are left",
    }

    min_words: int = limit(2, "Fewest words of a response")
    max_words: int = limit(400, "Most words of a response")
    max_repeats: int = limit(3, "Times the same sentence, or the same words in a row, may not occur")
    boxes: bool = True
    dots: bool = True
    unfinished: bool = True
    knows_finish: bool = False  # whether rows have the column finish_reason

    @property
    def reads(self) -> tuple[str, ...]:
        return ("response", *(["finish_reason"] if self.knows_finish else []))

    def check(self) -> None:
        if not 0 <= self.min_words <= self.max_words:
            raise ValueError(
                f"min_words is {self.min_words} and max_words {self.max_words}; expected 0 <= min <= max"
            )
        if self.max_repeats < 2:
            raise ValueError(f"max_repeats is {self.max_repeats}; expected at least 2")

    def keep(self, table: pa.Table) -> pa.Array:
        return pa.array([fault is None for fault in self._faults(table)], pa.bool_())

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        faults = [fault for fault in self._faults(table) if fault is not None]
        return {name: [getattr(fault, name) for fault in faults] for name in Fault._fields}

    def _faults(self, table: pa.Table) -> list[Fault | None]:
        rows = table.select(list(self.reads)).to_pylist()
        return [self.fault(row["response"] or "", row.get("finish_reason")) for row in rows]

    def fault(self, text: str, finish_reason: str | None = None) -> Fault | None:
        """What is wrong with the response, or None."""
        text = text.strip()
        num_words = len(split_words(text))
        if num_words < self.min_words:
            return Fault("too_short", count(num_words), num_words, self.min_words)
        box = BOX.search(text) if self.boxes else None
        if box:
            return Fault("leftover_boxes", f"box coordinates: {text[box.start() : box.start() + 60]!r}")
        again = find_repetition(text, self.max_repeats)
        if again:
            return Fault("repetition", f"again and again: {again[0]!r}", again[1], self.max_repeats)
        if self.dots and text.endswith(DOTS):
            return Fault("trailing_dots", "ends in dots")
        if self.unfinished and not has_ended(text, finish_reason):
            return Fault("no_end", f"stopped by {finish_reason or 'nothing known'}: …{text[-60:]!r}")
        if num_words > self.max_words:
            return Fault("too_long", count(num_words), num_words, self.max_words)
        return None


def count(num_words: int) -> str:
    """ "1 word", "2 words"."""
    return f"{num_words} word{'' if num_words == 1 else 's'}"


def has_ended(text: str, finish_reason: str | None) -> bool:
    """Whether the response came to an end: by its finish reason, else by its last mark or line."""
    if finish_reason is not None:
        return finish_reason != "length"
    return bool(FINISHED.search(text) or LIST_ITEM.match(text.splitlines()[-1]))


def find_repetition(text: str, times: int) -> tuple[str, int] | None:
    """A sentence that occurs at least `times` times, or words that follow themselves `times` times.

    Words in a row count from three words on, a single word or a pair from twice as many repeats on.
    """
    sentences = Counter(cut.strip().casefold() for cut in SENTENCE.findall(text) if len(split_words(cut)) > 1)
    if sentences:
        sentence, count = sentences.most_common(1)[0]
        if count >= times:
            return sentence, count
    words = split_words(text.casefold())
    for length in range(1, min(LONGEST_PHRASE, len(words) // times) + 1):
        enough = times if length > 2 else 2 * times
        run = 0
        for i in range(length, len(words)):
            run = run + 1 if words[i] == words[i - length] else 0
            if run >= length * (enough - 1):
                return " ".join(words[i - length + 1 : i + 1]), enough
    return None


@dataclass
class ChangeFilter(Filter):
    """Drops a response that equals the raw one but for case, punctuation and spacing: "no" → "No."."""

    reasons = {"unchanged": "nothing but case and punctuation was rewritten"}
    reads = ("response", "response_original")

    def keep(self, table: pa.Table) -> pa.Array:
        pairs = zip(table["response"].to_pylist(), table["response_original"].to_pylist(), strict=True)
        return pa.array([new is not None and fold(new) != fold(old or "") for new, old in pairs])

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        raw = table["response_original"].to_pylist()
        return {"detail": [f"as the raw response: {old!r:.200}" for old in raw]}


def fold(text: str) -> str:
    """Letters and digits in lower case with single spaces; text of marks alone keeps them."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(bare_words(lowered)) or lowered.strip()
