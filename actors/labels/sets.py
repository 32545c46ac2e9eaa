"""Several labels per row: all that free text names, or each label by itself from log-likelihoods."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from actors.base import BadRow
from actors.labels.modes import LABEL_FIELDS, LabelRow, generated_row, scored_row
from actors.labels.parse.several_labels import parse_labels
from actors.models.text_generator import Choice, Prompt
from actors.prompts.task import Task

if TYPE_CHECKING:
    from actors.labels.annotator import LabelAnnotator

SET_MODES = ("regex", "rank")
YES_NO, LIKELIHOOD = "yes_no", "likelihood"
SET_RANKINGS = (YES_NO, LIKELIHOOD)
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


def asked(task: Task, mode: str, set_ranking: str) -> Task:
    """`task` with the prompt that is sent: its own, one that asks for a yes or no per label, or the one
    behind which a list of labels would begin."""
    if not task.multi_label or mode != "rank":
        return task
    if set_ranking == LIKELIHOOD:
        return replace(task, prompt=task.list_prompt)
    return replace(task, prompt=f"{task.prompt}\n{CHECKLIST}")


def set_choices(task: Task, lead: str, set_ranking: str) -> list[str]:
    """The candidates in the task's order: every label, or by yes_no "Drama: yes" and "Drama: no"."""
    choices = [f"{lead}{task.choices[label]}" for label in task.labels]
    if set_ranking == LIKELIHOOD:
        return choices
    return [f"{choice}: {answer}" for choice in choices for answer in ANSWERS]


def log_odds(scores: Sequence[float]) -> list[float]:
    """Natural-log odds of yes against no per label, from the scores of both answers in turn."""
    return [yes - no for yes, no in zip(scores[::2], scores[1::2], strict=True)]


def set_scores(scores: Sequence[float], free_scores: Sequence[float] | None, set_ranking: str) -> list[float]:
    """One number per label from the scores of `set_choices`, above 0 where the label is given.

    `yes_no`: natural-log odds of yes against no, less those after documents that say nothing where
    `free_scores` holds them. `likelihood`: how much likelier the document makes the label than documents
    that say nothing, log p(label | document) - mean log p(label | content-free document): the
    domain-conditional PMI of Holtzman et al. 2021 with the content-free texts of Zhao et al. 2021. Sums
    over a label's tokens stand on both sides; means per token would give the same labels.
    """
    per_label = list if set_ranking == LIKELIHOOD else log_odds
    own = per_label(scores)
    if free_scores is None:
        return own
    return [value - free for value, free in zip(own, per_label(free_scores), strict=True)]


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
    task = annotator.task
    scores = set_scores(answer.scores, annotator.free_scores, annotator.set_ranking)
    labels = [label for label, value in zip(task.labels, scores, strict=True) if value > 0]
    return (
        _empty(task)
        | scored_row(answer, annotator.mode)
        | {
            "raw_output": ", ".join(task.choices[label] for label in labels),
            "labels": labels,
            "confidence": 1 / (1 + math.exp(-min(map(abs, scores)))),
            "label_scores": scores,
        }
    )


def _empty(task: Task) -> LabelRow:
    return dict.fromkeys(label_fields(task))
