"""Reads the impolite version out of a language model's output, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from actors.base import Reason
from actors.models.text_generator import Generation
from actors.prompts.distortion import TURN_MARK, distortion_prompt
from actors.word_breaks import bare_words

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
OPENING_QUOTES, CLOSING_QUOTES = '"“', '"”'
UNFINISHED = Reason("distortion_unfinished", "unfinished")
EMPTY = Reason("distortion_empty", "empty")
UNCHANGED = Reason("distortion_unchanged", "unchanged")
PROMPT_TOO_LONG = Reason("distortion_prompt_too_long", "prompt too long")
NO_TEXT = (UNFINISHED, EMPTY, UNCHANGED, PROMPT_TOO_LONG)


@dataclass(frozen=True)
class LlmAnswer:
    """The impolite `text`; None with the code of the drop in `reason` and a sentence on it in `detail`."""

    text: str | None
    reason: str | None = None
    detail: str | None = None


def read_answer(answer: Generation, instruction: str, response: str, *, quote_open: bool) -> LlmAnswer:
    """The text up to the closing quotation mark, the next turn or the model's end.

    `quote_open` says that the prompt ended with the opening mark; otherwise the answer may begin with the
    sentences it was asked to begin with. An answer that reached the token limit before any of these three
    ends, is empty, or repeats the instruction or the response is a drop.
    """
    text = answer.text if quote_open else _after_lead(answer.text)
    ends = [at for at in (text.find(mark) for mark in (*CLOSING_QUOTES, TURN_MARK)) if at >= 0]
    cut = text[: min(ends, default=len(text))].strip()
    if not ends and answer.finish_reason == "length":
        return LlmAnswer(None, UNFINISHED, f"no end within {answer.new_tokens} tokens: {cut[:200]}")
    if not any(character.isalnum() for character in cut):
        return LlmAnswer(None, EMPTY, f"the model wrote {answer.text[:200]!r}")
    if _spaced(cut) in (_spaced(instruction), _spaced(response)):
        return LlmAnswer(None, UNCHANGED, f"the model repeated its input: {cut[:200]}")
    return LlmAnswer(cut)


def overlap(text: str | None, source: str) -> float | None:
    """Share of the words of `text` that `source` has, from 0 to 1; None without a word."""
    words = _words(text or "")
    source_words = set(_words(source))
    return sum(word in source_words for word in words) / len(words) if words else None


def _words(text: str) -> list[str]:
    """Lower-case words, numbers up to ten in digits."""
    words = bare_words(text)
    return [str(NUMBERS.index(word)) if word in NUMBERS else word for word in words]


def _after_lead(text: str) -> str:
    """`text` behind the requested beginning and the opening quotation mark."""
    _, lead, rest = text.partition(distortion_prompt().closing)
    rest = (rest if lead else text).lstrip()
    return rest[1:] if rest[:1] and rest[0] in OPENING_QUOTES else rest


def _spaced(text: str) -> str:
    """White space made even; case and punctuation count, for some commands change nothing else."""
    return " ".join(text.split())
