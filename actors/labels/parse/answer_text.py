"""A model's answer without markup and hidden reasoning, cut into sentences."""

from __future__ import annotations

import re
import unicodedata

# Enough for any answer that gives a label at all; it also bounds what a user's regex has to read.
MAX_CHARACTERS = 4000

_TAG = re.compile(r"</?[a-zA-Z|][^<>]{0,40}>")
_BOLD = re.compile(r"\*{1,3}([^*\n]+)\*{1,3}|`{1,3}([^`\n]+)`{1,3}")
_UNDERLINE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_LINE_MARK = re.compile(r"^[ \t]*(?:#+[ \t]+|>[ \t]*|[*•][ \t]+|```\w*)", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])|\s*\n\s*")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def clean_answer(text: str) -> str:
    """`text` in NFKC without reasoning block, tags, Markdown and invisible characters, at most 4,000 long."""
    shown = unicodedata.normalize("NFKC", _after_reasoning(text)[: 2 * MAX_CHARACTERS])
    shown = "".join(
        c for c in shown if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn")
    )
    shown = _LINE_MARK.sub("", _TAG.sub(" ", shown))
    shown = _BOLD.sub(lambda found: found[1] or found[2], shown)
    return _UNDERLINE.sub("", shown).strip()[:MAX_CHARACTERS]


def _after_reasoning(text: str) -> str:
    """What follows the last `</think>`; nothing when a `<think>` was never closed."""
    if "</think>" in text:
        return text.rpartition("</think>")[2]
    return "" if text.lstrip().startswith("<think>") else text


def split_sentences(text: str) -> list[str]:
    """Sentences and lines of `text` that hold a letter or digit, each with its closing mark."""
    return [part.strip() for part in _SENTENCE_END.split(text) if _WORD.search(part)]


def count_words(text: str) -> int:
    """Words of `text`, hyphenated ones as one; scripts without spaces count a whole run as one word."""
    return len(_WORD.findall(text))
