"""A model's answer without markup and hidden reasoning, cut into sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Enough for any answer that gives a label at all; it also bounds what a user's regex has to read.
MAX_CHARACTERS = 4000

# "</s>", not "1 < 2"
_TAG = re.compile(r"</?[a-zA-Z|][^<>]{0,40}>")
# "**Drama**", "`War`"
_BOLD = re.compile(r"\*{1,3}([^*\n]+)\*{1,3}|`{1,3}([^`\n]+)`{1,3}")
# "_Drama", not "snake_case"
_UNDERLINE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
# "## Genres", "* Drama", "```json"
_LINE_MARK = re.compile(r"^[ \t]*(?:#+[ \t]+|>[ \t]*|[*•][ \t]+|```\w*)", re.MULTILINE)
# "Drama. War", "Drama\nWar", not "0.9"
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])|\s*\n\s*")
# "Sure!", not "Sure, a drama."
_COURTESY = re.compile(
    r"^\W*(?:sure(?: thing)?|okay|ok|certainly|of course|hello|hi|thank(?:s| you))\W*$", re.IGNORECASE
)
# "well-known", "it's"
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def clean_answer(text: str) -> str:
    """`text` in NFKC without reasoning block, tags, Markdown and invisible characters, at most 4,000 long."""
    clean = unicodedata.normalize("NFKC", _after_reasoning(text)[: 2 * MAX_CHARACTERS])
    hidden = ("Cc", "Cf", "Co", "Cn")
    clean = "".join(c for c in clean if c in "\n\t" or unicodedata.category(c) not in hidden)
    clean = _LINE_MARK.sub("", _TAG.sub(" ", clean))
    clean = _BOLD.sub(lambda match: match[1] or match[2], clean)
    return _UNDERLINE.sub("", clean).strip()[:MAX_CHARACTERS]


def _after_reasoning(text: str) -> str:
    """What follows the last `</think>`; nothing when a `<think>` was never closed."""
    if "</think>" in text:
        return text.rpartition("</think>")[2]
    return "" if text.lstrip().startswith("<think>") else text


def split_sentences(text: str) -> list[str]:
    """Sentences and lines of `text` that hold a letter or digit, each with its closing mark."""
    return [part.strip() for part in _SENTENCE_END.split(text) if _WORD.search(part)]


def substance(answer: str) -> list[str]:
    """Sentences of a clean answer without courtesies such as "Sure!"."""
    return [sentence for sentence in split_sentences(answer) if not _COURTESY.match(sentence)]


def by_questions(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """The statements and the questions among `sentences`."""
    statements = [sentence for sentence in sentences if not sentence.endswith(("?", "？"))]
    return statements, [sentence for sentence in sentences if sentence not in statements]


def count_words(text: str) -> int:
    """Words of `text`, hyphenated ones as one; scripts without spaces count a whole run as one word."""
    return len(_WORD.findall(text))
