"""The three ways from prompts to one label per row: free text, ranking, constrained decoding."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from actors.base import BadRow
from actors.labels.asking import Asking, LabelRow
from actors.labels.parse.one_label import parse_label
from actors.models.text_generator import Choice, Generation, Prompt


class FreeText(Asking[Generation]):
    """The label is read out of what the model writes."""

    mode = "regex"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Generation | BadRow]:
        return self.generator.generate(prompts, self.params)

    def row(self, prompt: Prompt, answer: Generation) -> LabelRow:
        parsed = parse_label(self.task, answer.text, answer.finish_reason)
        return {"label": parsed.label, "reason_text": parsed.reason_text, "answer_kind": parsed.kind}


class Ranked(Asking[Choice]):
    """The label is the likeliest choice; the confidence is its share of all."""

    mode = "rank"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Choice | BadRow]:
        return self.generator.choose(prompts, self.choices)

    def row(self, prompt: Prompt, answer: Choice) -> LabelRow:
        free = self.free_scores or (0.0,) * len(answer.scores)
        scores = [score - offset for score, offset in zip(answer.scores, free, strict=True)]
        best = scores.index(max(scores))
        label = self.task.labels[best]
        return {
            "raw_output": self.task.choices[label],
            "label": label,
            "confidence": softmax(scores)[best],
            "label_scores": scores,
            "logprob": answer.scores[best],
        }


class Constrained(Asking[Generation]):
    """The model can spell nothing but a choice; the confidence is the probability that it had."""

    mode = "constrain"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Generation | BadRow]:
        return self.generator.constrain(prompts, self.choices)

    def row(self, prompt: Prompt, answer: Generation) -> LabelRow:
        label = self.task.labels[list(self.choices).index(answer.text)]
        confidence = None if answer.logprob is None else math.exp(answer.logprob)
        return {"label": label, "confidence": confidence, "answer_kind": "answered"}


def softmax(scores: Sequence[float]) -> list[float]:
    """Shares that sum to 1."""
    top = max(scores)
    shares = [math.exp(score - top) for score in scores]
    total = sum(shares)
    return [share / total for share in shares]


MODES: Mapping[str, type[Asking[Any]]] = {way.mode: way for way in (FreeText, Ranked, Constrained)}
