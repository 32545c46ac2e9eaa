"""Regular expressions that find a label or a refusal in an answer; unsafe ones are refused."""

from __future__ import annotations

import functools
import re
from re import _parser as sre  # type: ignore[attr-defined]
from typing import Any

# Phrases with which chat models decline, in English, French and German. A verb that also tells of a
# film's hero ("a man who cannot tell his wife") counts only behind "I" or "we".
_CANNOT = r"(?:can ?not|can['’]?t|could not|couldn['’]?t|(?:am|are|is|was) (?:not able|unable) to)"
_JUDGE = r"(?:determined?|judged?|assess(?:ed)?|classify|classified|categori[sz]ed?|evaluated?)"
REFUSALS: tuple[str, ...] = (
    # "As an AI language model"
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b",
    # "I'm just an AI", not "an AI film"
    r"\bi(?:['’]m| am) (?:just |only )?an? (?:ai|(?:large )?language model)\b",
    # "cannot be reliably determined"
    rf"\b{_CANNOT} (?:be )?(?:\w+ly )?{_JUDGE}\b",
    # "we can't really say", not "he cannot tell"
    rf"\b(?:i|we) {_CANNOT} (?:\w+ly )?(?:tell|decide|answer|provide|assist|help|comply|identify|say|access"
    r"|view|see|engage|fulfill|give|make)\b",
    # "It is hard to say", not "hard to watch"
    rf"\b(?:impossible|not possible|difficult|hard) to (?:\w+ly )?(?:say|tell|know|answer|{_JUDGE})\b",
    # "I do not have enough information"
    r"\b(?:i|we) (?:do not|don['’]?t) (?:know|have (?:\w+ )?(?:information|context|opinions?|access))\b",
    # "insufficient context"
    r"\b(?:not enough|insufficient) (?:information|context)\b",
    # "I'm not entirely sure", "it is unclear", not "he is unsure"
    r"\b(?:it is|it['’]s|i am|i['’]m) (?:not (?:\w+ly )?(?:clear|sure|certain)|unclear|unsure|uncertain)\b",
    # "I apologise", "I'm sorry", not "she is sorry"
    r"\bi(?:['’]m| am) sorry\b|\bi apologi[sz]e\b",
    # "Unknown.", "N/A", not "An unknown man"
    r"^\W*(?:unknown|unsure|unclear|uncertain|undetermined|not sure|n/a)\W*$",
    # "Je ne peux pas répondre", "impossible de dire"
    r"\bje ne (?:peux|sais) pas\b|\bimpossible de (?:dire|déterminer)\b|\ben tant qu['’]ia\b",
    # "Ich kann das leider nicht sagen", "Als KI"
    r"\bich kann (?:\w+ ){0,4}nicht\b|\bich weiß (?:es )?nicht\b|\bals ki\b",
)


def word_pattern(label: str) -> str:
    """A regex for `label` as whole words, any run of spaces, hyphens and underscores between them."""
    parts = [re.escape(part) for part in re.split(r"[\s_-]+", label.strip()) if part]
    return r"(?<!\w)" + r"[\s_-]+".join(parts) + r"(?!\w)"


@functools.lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """`pattern` compiled to ignore case.

    Raises:
        ValueError: it does not compile, matches the empty text, or nests one unlimited repeat in
            another, which can take for ever on an unlucky answer.
    """
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from error
    if compiled.search("") is not None:
        raise ValueError(f"pattern {pattern!r} matches an empty text, so it would match every answer")
    if _nests_repeats(sre.parse(pattern, re.IGNORECASE), inside=False):
        raise ValueError(
            f"pattern {pattern!r} nests one unlimited repeat (* or +) in another and may never finish; "
            "give the outer one a limit, such as {0,5}"
        )
    return compiled


def _nests_repeats(node: Any, inside: bool) -> bool:
    """True where a repeat without a limit stands inside another; possessive ones are harmless."""
    if isinstance(node, tuple) and len(node) == 2 and node[0] in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        _, most, body = node[1]
        unlimited = most == sre.MAXREPEAT
        return (unlimited and inside) or _nests_repeats(body, inside or unlimited)
    if isinstance(node, sre.SubPattern | list | tuple):
        return any(_nests_repeats(child, inside) for child in node)
    return False
