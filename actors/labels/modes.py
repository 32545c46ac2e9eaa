"""The three ways from prompts to labels: free text, ranking, constrained decoding."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from actors.base import BadRow
from actors.labels.parse.one_label import parse_label
from actors.models.text_generator import Choice, Generation, Prompt, TextGenerator

if TYPE_CHECKING:
    from actors.labels.annotator import LabelAnnotator

MODES = ("regex", "rank", "constrain")
CONTENT_FREE = ("N/A", "[MASK]", "")  # Zhao et al. 2021, §5
LABEL_FIELDS: Mapping[str, pa.DataType] = {
    "raw_output": pa.string(),
    "reason_text": pa.string(),
    "label": pa.string(),
    "confidence": pa.float64(),
    "label_mode": pa.string(),
    "label_scores": pa.list_(pa.float64()),
    "answer_kind": pa.string(),
    "finish_reason": pa.string(),
    "prompt_tokens": pa.int32(),
    "new_tokens": pa.int32(),
    "cut_tokens": pa.int32(),
    "logprob": pa.float64(),
}
LabelRow = dict[str, Any]


def ask(annotator: LabelAnnotator, prompts: Sequence[Prompt]) -> list[LabelRow | BadRow]:
    """One row of `LABEL_FIELDS` per prompt, by the annotator's mode."""
    return _ASK[annotator.mode](annotator, prompts) if prompts else []


def content_free_scores(
    generator: TextGenerator, prompt: Callable[[str, str], Prompt], choices: Sequence[str]
) -> tuple[float, ...]:
    """Mean log-likelihood of every choice after documents that say nothing.

    Raises:
        ValueError: the model cannot score even those.
    """
    answers = generator.choose([prompt(f"content-free/{text}", text) for text in CONTENT_FREE], choices)
    scores = []
    for answer in answers:
        if isinstance(answer, BadRow):
            raise ValueError(f"calibration failed: {answer}; run without --calibrate")
        scores.append(answer.scores)
    return tuple(sum(column) / len(column) for column in zip(*scores, strict=True))


def softmax(scores: Sequence[float]) -> list[float]:
    """Shares that sum to 1."""
    top = max(scores)
    shares = [math.exp(score - top) for score in scores]
    total = sum(shares)
    return [share / total for share in shares]


def _free_text(annotator: LabelAnnotator, prompts: Sequence[Prompt]) -> list[LabelRow | BadRow]:
    rows: list[LabelRow | BadRow] = []
    for answer in annotator.generator.generate(prompts, annotator.params):
        if isinstance(answer, BadRow):
            rows.append(answer)
            continue
        parsed = parse_label(annotator.task, answer.text, answer.finish_reason)
        rows.append(
            dict.fromkeys(LABEL_FIELDS)
            | generated_row(answer, annotator.mode)
            | {"label": parsed.label, "reason_text": parsed.reason_text, "answer_kind": parsed.kind}
        )
    return rows


def _ranked(annotator: LabelAnnotator, prompts: Sequence[Prompt]) -> list[LabelRow | BadRow]:
    answers = annotator.generator.choose(prompts, annotator.choices)
    return [answer if isinstance(answer, BadRow) else _ranked_row(annotator, answer) for answer in answers]


def _ranked_row(annotator: LabelAnnotator, answer: Choice) -> LabelRow:
    free = annotator.free_scores or (0.0,) * len(answer.scores)
    scores = [score - offset for score, offset in zip(answer.scores, free, strict=True)]
    best = scores.index(max(scores))
    label = annotator.task.labels[best]
    return (
        dict.fromkeys(LABEL_FIELDS)
        | scored_row(answer, annotator.mode)
        | {
            "raw_output": annotator.task.choices[label],
            "label": label,
            "confidence": softmax(scores)[best],
            "label_scores": scores,
            "logprob": answer.scores[best],
        }
    )


def _constrained(annotator: LabelAnnotator, prompts: Sequence[Prompt]) -> list[LabelRow | BadRow]:
    labels = dict(zip(annotator.choices, annotator.task.labels, strict=True))
    rows: list[LabelRow | BadRow] = []
    for answer in annotator.generator.constrain(prompts, annotator.choices):
        if isinstance(answer, BadRow):
            rows.append(answer)
            continue
        confidence = None if answer.logprob is None else math.exp(answer.logprob)
        rows.append(
            dict.fromkeys(LABEL_FIELDS)
            | generated_row(answer, annotator.mode)
            | {"label": labels[answer.text], "confidence": confidence, "answer_kind": "answered"}
        )
    return rows


def scored_row(answer: Choice, mode: str) -> LabelRow:
    """What a scored answer says of itself: nothing was written, and it always answers."""
    return {
        "label_mode": mode,
        "answer_kind": "answered",
        "prompt_tokens": answer.prompt_tokens,
        "new_tokens": 0,
        "cut_tokens": answer.cut_tokens,
    }


def generated_row(answer: Generation, mode: str) -> LabelRow:
    """What a written answer says of itself, without what it says of the document."""
    return {
        "raw_output": answer.text,
        "label_mode": mode,
        "finish_reason": answer.finish_reason,
        "prompt_tokens": answer.prompt_tokens,
        "new_tokens": answer.new_tokens,
        "cut_tokens": answer.cut_tokens,
        "logprob": answer.logprob,
    }


_ASK: Mapping[str, Callable[[LabelAnnotator, Sequence[Prompt]], list[LabelRow | BadRow]]] = {
    "regex": _free_text,
    "rank": _ranked,
    "constrain": _constrained,
}
