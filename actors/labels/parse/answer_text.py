"""A model's answer without markup and hidden reasoning, cut into sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from actors.labels.parse.markup import write_out
from actors.labels.parse.reasoning import after_reasoning
from actors.word_breaks import (
    FINAL_MARKS,
    HANGUL,
    UNSPACED,
    combining_marks,
    is_unspaced,
    plain_letters,
    split_words,
)

# Enough for any answer that gives a label at all; it also bounds what a user's regex has to read.
MAX_CHARACTERS = 4000
SHORT_ANSWER_WORDS = 3

# "</s>", not "1 < 2"
_TAG = re.compile(r"</?([a-zA-Z|][^<>]{0,40})>")
# "positive", not "br", not "end_of_turn"
_WORD_IN_TAG = re.compile(
    r"^(?!(?:br|hr|p|li|ul|ol|b|i|u|s|em|strong|div|span|code|pre|table|html|body|unk|pad|eos|bos|mask|image|sep"
    r"|cls|end|stop|nl)$)[a-z]+(?: [a-z]+)*$",
    re.IGNORECASE,
)
# "**Drama**", "`War`"
_BOLD = re.compile(r"\*{1,3}([^*\n]+)\*{1,3}|`{1,3}([^`\n]+)`{1,3}")
# "_Drama", not "snake_case"
_UNDERLINE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
# "## Genres", "* Drama", "```json"
_LINE_MARK = re.compile(r"^[ \t]*(?:#+[ \t]+|>[ \t]*|[*•][ \t]+|```\w*)", re.MULTILINE)
# "Drama. War", "Drama\nWar", "है।”", not "0.9", not "e.g. bad"
_SENTENCE_END = re.compile(
    r"(?<=[.!?…؟۔])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!: \d\.)[\"'”’»)\]]*\s+"
    r"|(?<=[。！？｡।॥။។።])[\"'”’」』»)\]]*"
    rf"|(?<=[\u0370-\u03ff];)\s+|(?<=[?!])(?=[{UNSPACED}])|\s*\n\s*",
    re.IGNORECASE,
)
# "Sure!", not "Sure, a drama."
_COURTESY = re.compile(
    r"^\W*(?:sure(?: thing)?|okay|ok|certainly|of course|hello|hi|thank(?:s| you))\W*$", re.IGNORECASE
)
_LETTER = rf"[\w{combining_marks()}]"
# "well-known", "it's", "नहीं"
_WORD = re.compile(rf"{_LETTER}+(?:['’-]{_LETTER}+)*")
# "Comedy?", "吗。", "ですか。", not "Comedy."
_QUESTION = re.compile(rf"(?:[?？؟፧]|(?:吗|嗎|か|呢)[{FINAL_MARKS}]?|(?<=[\u0370-\u03ff]);)[\"'”’」»)\]]*$")
# "是positive", "positive입니다", not "是"
_SCRIPT_BORDER = re.compile(
    f"[a-zA-Z\u00c0-\u024f](?=[{UNSPACED}{HANGUL}])|[{UNSPACED}{HANGUL}](?=[a-zA-Z\u00c0-\u024f])"
)


def clean_answer(text: str) -> str:
    """`text` in NFKC without reasoning, tags, Markdown, optional vowel signs and invisible characters.

    A space parts Latin letters from those of scripts without spaces. What is marked as the answer by a tag, a
    box or a JSON key stands on a line with a lead. Of what is over 4,000 characters long the middle is left
    out."""
    clean = write_out(_both_ends(after_reasoning(text), 2 * MAX_CHARACTERS))
    clean = plain_letters(clean)
    hidden = ("Cc", "Cf", "Co", "Cn")
    clean = "".join(c for c in clean if c in "\n\t" or unicodedata.category(c) not in hidden)
    clean = _LINE_MARK.sub("", _TAG.sub(_tag_text, clean))
    clean = _BOLD.sub(lambda match: match[1] or match[2], clean)
    clean = _SCRIPT_BORDER.sub(r"\g<0> ", _UNDERLINE.sub("", clean))
    return _both_ends(clean.strip(), MAX_CHARACTERS)


def _tag_text(tag: re.Match[str]) -> str:
    """A space for a tag, or its word where no tag of that name is closed: "<positive>" is meant as a word."""
    is_word = not tag[0].startswith("</") and _WORD_IN_TAG.match(tag[1]) is not None
    return f" {tag[1]} " if is_word and f"</{tag[1]}>" not in tag.string else " "


def _both_ends(text: str, limit: int) -> str:
    """`text`, or its first half and what of the last half begins with a line: there the answer may stand."""
    if len(text) <= limit:
        return text
    head, (_, line_end, tail) = text[: limit // 2], text[-(limit // 2) + 1 :].partition("\n")
    return head + line_end + tail


def split_sentences(text: str) -> list[str]:
    """Sentences and lines of `text` that hold a letter or digit, each with its closing mark."""
    return [part.strip() for part in _SENTENCE_END.split(text) if _WORD.search(part)]


def substance(answer: str) -> list[str]:
    """Sentences of a clean answer without courtesies such as "Sure!"."""
    return [sentence for sentence in split_sentences(answer) if not _COURTESY.match(sentence)]


def is_question(sentence: str) -> bool:
    """Whether it ends in a question mark, or in a word that stands for one."""
    return _QUESTION.search(sentence) is not None


def by_questions(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """The statements and the questions among `sentences`."""
    statements = [sentence for sentence in sentences if not is_question(sentence)]
    return statements, [sentence for sentence in sentences if is_question(sentence)]


def count_words(text: str) -> int:
    """Words of `text`, hyphenated ones as one; of scripts without spaces those of a dictionary."""
    return sum(len(split_words(word)) if is_unspaced(word) else 1 for word in _WORD.findall(text))
