"""The real labelled sets of `make demo`, fetched before any model loads."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.sources.packaged.easy_vqa import EasyVqa
from pipelines.sources.packaged.emoji import Emoji
from pipelines.sources.packaged.movie_snippets import MovieSnippets
from pipelines.sources.packaged.sms_spam import SmsSpam
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)

LANGUAGES = ("en", "fr", "de", "es")


@dataclass(frozen=True)
class DemoSet:
    """A set that can be read now, the task it is for, and the rows a baseline may learn from."""

    task: str
    source: Source
    train: Source | None = None


@dataclass(frozen=True)
class DemoData:
    """`skipped` maps the task of a set that cannot be had to the reason."""

    sets: tuple[DemoSet, ...]
    skipped: Mapping[str, str]


def prepare_demo_data(
    *, text_rows: int = 100, emojis: int = 27, questions: int = 100, cache: Path | None = None
) -> DemoData:
    """Fetches what the demo labels; what cannot be fetched is left out with its reason.

    `emojis` pictures come once per language; without them (npm is missing, or its registry) `questions`
    of easy-VQA are the set with pictures. Text sets are balanced, and each has a training split.
    """
    skipped: dict[str, str] = {}
    wanted = [
        DemoSet("emoji_group", Emoji(languages=LANGUAGES, limit=emojis, cache=cache)),
        DemoSet(
            "iad_1", SmsSpam(limit=text_rows, balanced=True, cache=cache), SmsSpam(split="train", cache=cache)
        ),
        DemoSet(
            "iad_2",
            MovieSnippets(limit=text_rows, balanced=True, cache=cache),
            MovieSnippets(split="train", cache=cache),
        ),
    ]
    sets = [item for item in wanted if _ready(item, skipped)]
    if "emoji_group" in skipped:
        fallback = DemoSet("easy_vqa", EasyVqa(limit=questions, balanced=True, cache=cache))
        sets = [item for item in [fallback] if _ready(item, skipped)] + sets
    return DemoData(tuple(sets), skipped)


def _ready(item: DemoSet, skipped: dict[str, str]) -> bool:
    try:
        item.source.check()
    except ValueError as error:
        logger.info("%s is skipped: %s", item.task, error)
        skipped[item.task] = str(error)
        return False
    return True
