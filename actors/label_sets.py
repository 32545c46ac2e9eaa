"""Several labels per row: all that free text names, or a yes or no per label by log-likelihood."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from actors.base import BadRow
from actors.label_modes import LABEL_FIELDS, LabelRow, generated_row
from actors.label_set_parser import parse_labels
from actors.models.text_generator import Choice, Prompt
from actors.prompts.task import Task

if TYPE_CHECKING:
    from actors.label_annotator import LabelAnnotator

SET_MODES = ("regex", "rank")
CHECKLIST = "Answer yes or no for each of them."
ANSWERS = ("yes", "no")


def label_fields(task: Task) -> Mapping[str, pa.DataType]:
    """Name and type of every column of an answer; `labels` stands in for `label` in a task of several."""
    if not task.multi_label:
        return LABEL_FIELDS
    return {
        ("labels" if name == "label" else name): (pa.list_(pa.string()) if name == "label" else kind)
        for name, kind in LABEL_FIELDS.items()
    }


def checklist(task: Task) -> Task:
    """`task` with a prompt that asks for a yes or no per label."""
    return replace(task, prompt=f"{task.prompt}\n{CHECKLIST}")


def checklist_choices(task: Task, lead: str) -> list[str]:
    """Two candidates per label, "Drama: yes" and "Drama: no", in the task's order."""
    return [f"{lead}{task.choices[label]}: {answer}" for label in task.labels for answer in ANSWERS]


def log_odds(scores: Sequence[float]) -> list[float]:
    """Natural-log odds of yes against no per label, from the scores of `checklist_choices`."""
    return [yes - no for yes, no in zip(scores[::2], scores[1::2], strict=True)]


def ask_sets(annotator: LabelAnnotator, prompts: Sequence[Prompt]) -> list[LabelRow | BadRow]:
    """One row of `label_fields` per prompt, by the annotator's mode."""
    if not prompts:
        return []
    if annotator.mode == "rank":
        answers = annotator.generator.choose(prompts, annotator.choices)
        return [answer if isinstance(answer, BadRow) else _checked(annotator, answer) for answer in answers]
    return _named(annotator, prompts)


def _named(annotator: LabelAnnotator, prompts: Sequence[Prompt]) -> list[LabelRow | BadRow]:
    rows: list[LabelRow | BadRow] = []
    written = annotator.generator.generate(prompts, annotator.params)
    for prompt, answer in zip(prompts, written, strict=True):
        if isinstance(answer, BadRow):
            rows.append(answer)
            continue
        parsed = parse_labels(annotator.task, answer.text, answer.finish_reason, document=prompt.document)
        rows.append(
            _empty(annotator.task)
            | generated_row(answer, annotator.mode)
            | {"labels": parsed.labels, "reason_text": parsed.reason_text, "answer_kind": parsed.kind}
        )
    return rows


def _checked(annotator: LabelAnnotator, answer: Choice) -> LabelRow:
    task, odds = annotator.task, log_odds(answer.scores)
    if annotator.free_scores is not None:
        odds = [own - free for own, free in zip(odds, log_odds(annotator.free_scores), strict=True)]
    labels = [label for label, value in zip(task.labels, odds, strict=True) if value > 0]
    return _empty(task) | {
        "raw_output": ", ".join(task.choices[label] for label in labels),
        "labels": labels,
        "confidence": 1 / (1 + math.exp(-min(map(abs, odds)))),
        "label_mode": annotator.mode,
        "label_scores": odds,
        "answer_kind": "answered",
        "prompt_tokens": answer.prompt_tokens,
        "new_tokens": 0,
        "cut_tokens": answer.cut_tokens,
    }


def _empty(task: Task) -> LabelRow:
    return dict.fromkeys(label_fields(task))
