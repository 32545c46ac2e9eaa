"""The three ways from prompts to labels: free text, ranking, constrained decoding."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from actors.base import BadRow
from actors.labels.asking import LIKELIHOOD, Asking, LabelRow
from actors.labels.parse.one_label import parse_label
from actors.labels.parse.several_labels import parse_labels
from actors.models.text_generator import Choice, Generation, Prompt, softmax


class FreeText(Asking[Generation]):
    """The label, or all labels of a task of several, are read out of what the model writes."""

    mode = "regex"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Generation | BadRow]:
        return self.generator.generate(prompts, self.params)

    def row(self, prompt: Prompt, answer: Generation) -> LabelRow:
        if self.task.multi_label:
            several = parse_labels(self.task, answer.text, answer.finish_reason, document=prompt.document)
            return {"labels": several.labels, "reason_text": several.reason_text, "answer_kind": several.kind}
        parsed = parse_label(self.task, answer.text, answer.finish_reason)
        return {"label": parsed.label, "reason_text": parsed.reason_text, "answer_kind": parsed.kind}


class Ranked(Asking[Choice]):
    """The label is the likeliest choice, the confidence its share of all; in a task of several the labels are
    those of a score above 0, the confidence is the sigmoid of the smallest absolute one."""

    mode = "rank"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Choice | BadRow]:
        return self.generator.choose(prompts, self.choices)

    def row(self, prompt: Prompt, answer: Choice) -> LabelRow:
        if self.task.multi_label:
            return self._set_row(answer)
        scores = _less(answer.scores, self.free_scores)
        best = scores.index(max(scores))
        label = self.task.labels[best]
        return {
            "raw_output": self.task.choices[label],
            "label": label,
            "confidence": softmax(scores)[best],
            "label_scores": scores,
            "logprob": answer.scores[best],
        }

    def _set_row(self, answer: Choice) -> LabelRow:
        scores = set_scores(answer.scores, self.free_scores, self.set_ranking)
        labels = [label for label, score in zip(self.task.labels, scores, strict=True) if score > 0]
        return {
            "raw_output": ", ".join(self.task.choices[label] for label in labels),
            "labels": labels,
            "confidence": 1 / (1 + math.exp(-min(map(abs, scores)))),
            "label_scores": scores,
        }


class Constrained(Asking[Generation]):
    """The model can spell nothing but a choice; the confidence is its share of all, as in ranking."""

    mode = "constrain"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Generation | BadRow]:
        return self.generator.constrain(prompts, self.choices)

    def row(self, prompt: Prompt, answer: Generation) -> LabelRow:
        label = self.task.labels[list(self.choices).index(answer.text)]
        return {"label": label, "confidence": answer.share, "answer_kind": "answered"}


def log_odds(scores: Sequence[float]) -> list[float]:
    """Natural-log odds of yes against no per label, from the scores of both answers in turn."""
    return [yes - no for yes, no in zip(scores[::2], scores[1::2], strict=True)]


def set_scores(scores: Sequence[float], free_scores: Sequence[float] | None, set_ranking: str) -> list[float]:
    """One number per label from the scores of `candidates`, above 0 where the label is given.

    `yes_no`: natural-log odds of yes against no, less those after documents that say nothing where
    `free_scores` holds them. `likelihood`: how much likelier the document makes the label than documents
    that say nothing, log p(label | document) - mean log p(label | content-free document): the
    domain-conditional PMI of Holtzman et al. 2021 with the content-free texts of Zhao et al. 2021. Sums
    over a label's tokens stand on both sides; means per token would give the same labels.
    """
    per_label = list if set_ranking == LIKELIHOOD else log_odds
    return _less(per_label(scores), None if free_scores is None else per_label(free_scores))


def _less(scores: Sequence[float], free_scores: Sequence[float] | None) -> list[float]:
    """`scores` without those after documents that say nothing, where these were asked for."""
    return [score - free for score, free in zip(scores, free_scores or [0.0] * len(scores), strict=True)]


WAYS: Mapping[str, type[Asking[Any]]] = {way.mode: way for way in (FreeText, Ranked, Constrained)}
