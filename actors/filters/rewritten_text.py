"""What scorers and filters of rewritten responses share: which tasks they serve, and how text is cut."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from actors.base import BadRow, Reason

MISSING_RESPONSE = Reason("missing_response", "the response or the raw one is missing")

# Paper B routes by kind of set (appendix D): captions by similarity and picture, answers by inference.
CAPTIONING = ("caption", "region_caption", "change_caption")
ANSWERING = ("vqa", "vqa_rationale", "classification")
PARAGRAPH_BREAK = "\n\n"
SENTENCES_PER_PARAGRAPH = 10  # the authors' limit
MARKS = re.compile(r"<image>|<\|endofchunk\|>")

Cells = list[Any]


def question_of(instruction: str | None) -> str:
    """The instruction without its picture marks."""
    return MARKS.sub("", instruction or "").strip()


def paragraphs_of(response: str) -> list[str]:
    """The response cut at empty lines; blank pieces are left out."""
    return [piece.strip() for piece in response.split(PARAGRAPH_BREAK) if piece.strip()]


def clip_sentences(paragraph: str) -> list[str]:
    """The authors' cut: at every full stop, the empty piece behind the last one included, the first 10."""
    return paragraph.split(".")[:SENTENCES_PER_PARAGRAPH]


def rows_of_tasks(table: pa.Table, tasks: Iterable[str]) -> list[int]:
    """Positions of the rows whose task is one of `tasks`."""
    served = set(tasks)
    return [i for i, task in enumerate(table["task"].to_pylist()) if task in served]


def both_texts(table: pa.Table, rows: Iterable[int]) -> tuple[dict[int, tuple[str, str]], dict[int, BadRow]]:
    """(response, response_original) of the rows that have both, and why the others cannot be compared."""
    new, old = table["response"].to_pylist(), table["response_original"].to_pylist()
    texts, bad = {}, {}
    for i in rows:
        if new[i] is None or old[i] is None:
            name = "response" if new[i] is None else "response_original"
            bad[i] = BadRow(MISSING_RESPONSE, f"{name} is null, so there is nothing to compare")
        else:
            texts[i] = (new[i], old[i])
    return texts, bad
