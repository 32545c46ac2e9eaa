"""Why an answer gives no label: it is empty, cut off, a refusal, an echo, or names something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from actors.labels.language.phrases import find_phrases
from actors.labels.parse.answer_text import SHORT_ANSWER_WORDS, count_words
from actors.labels.parse.mentions import find_mentions
from actors.labels.parse.reasoning import is_reasoning
from actors.prompts.patterns import compile_pattern
from actors.prompts.task import Task

UNANSWERED = "unanswered_"  # before the kind: the reason of a drop
NO_LABEL_KINDS = {
    "unparsed": "no label was found in the answer",
    "off_list": "the answer names something that is not one of the labels",
    "ambiguous": "the answer names several labels and settles on none",
    "refused": "the model declined to answer",
    "empty": "the answer was empty",
    "cut_off": "the answer reached the token limit before it named a label",
}
ANSWER_KINDS = ("answered", *NO_LABEL_KINDS)

WITHHELD = "content_filter"  # the finish reason of endpoints that hold an answer back
SHORT_ANSWER_CHARACTERS = 40
ECHO_WORDS = 4

# "The genre of this film is horror", "None of them", "这部电影是恐怖片", not "The genre"
_NAMES_SOMETHING = re.compile(
    r"\b(?:answer|genre|label|category|class|classification|sentiment|topic|group)\b[^.!?\n]{0,60}?"
    r"(?:\b(?:is|are|would be)\b|:)\s*\W?\w"
    r"|\bneither\b|\bnone of\b|^\W*(?:这|此|该|本)\w{0,8}?(?:是|为|属于)\w{1,12}\W*$|^\W*(?:この"
    r"|その)\w{1,8}は\w{1,15}\W*$",
    re.IGNORECASE,
)


def why_empty(text: str, finish_reason: str) -> str:
    """The kind of an answer in which nothing is written."""
    if finish_reason == WITHHELD:
        return "refused"
    return "cut_off" if is_reasoning(text) and finish_reason == "length" else "empty"


def why_unanswered(task: Task, sentences: Sequence[str], own: Sequence[str], finish_reason: str) -> str:
    """The kind of an answer without a label; `own` are the `sentences` that repeat no prompt or document."""
    if finish_reason == WITHHELD or refuses(task, own):
        return "refused"
    if finish_reason == "length":
        return "cut_off"
    if not own:
        options = [mention.label for sentence in sentences for mention in find_mentions(task, sentence)]
        return "ambiguous" if len(set(options)) > 1 else "unparsed"
    first = own[0]
    is_short = count_words(first) <= SHORT_ANSWER_WORDS and len(first) <= SHORT_ANSWER_CHARACTERS
    return "off_list" if is_short or _NAMES_SOMETHING.search(first) or _names_answer(first) else "unparsed"


def _names_answer(sentence: str) -> bool:
    """Whether it says "the answer is" in a language of the list: then what follows is something else."""
    phrases = find_phrases(sentence)
    ends = [end for _, end in (*phrases["answer"], *phrases["subject"])]
    return bool(ends) and any(start >= ends[0] for start, _ in phrases["is"])


def refuses(task: Task, sentences: Sequence[str]) -> bool:
    """Whether one of `sentences` declines to answer."""
    patterns = [compile_pattern(pattern) for pattern in task.refusals]
    return any(pattern.search(sentence) for sentence in sentences for pattern in patterns)


def repeats_prompt(task: Task, sentence: str) -> bool:
    """True for two words or more that stand in the prompt as they are."""
    if count_words(sentence) < 2:
        return False
    return " ".join(sentence.casefold().split()) in _prompt_text(task.split_prompt())


@lru_cache(maxsize=64)
def _prompt_text(parts: tuple[str, str]) -> str:
    return " ".join(" \x00 ".join(parts).casefold().split())
