"""The two ways from prompts to several labels per row: all that free text names, or each by its scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from actors.base import BadRow
from actors.labels.asking import LIKELIHOOD, Asking, LabelRow
from actors.labels.parse.several_labels import parse_labels
from actors.models.text_generator import Choice, Generation, Prompt


class FreeTextSets(Asking[Generation]):
    """The labels are read out of what the model writes."""

    mode = "regex"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Generation | BadRow]:
        return self.generator.generate(prompts, self.params)

    def row(self, prompt: Prompt, answer: Generation) -> LabelRow:
        parsed = parse_labels(self.task, answer.text, answer.finish_reason, document=prompt.document)
        return {"labels": parsed.labels, "reason_text": parsed.reason_text, "answer_kind": parsed.kind}


class RankedSets(Asking[Choice]):
    """The labels are those of a score above 0; the confidence is the sigmoid of the smallest absolute one."""

    mode = "rank"

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Choice | BadRow]:
        return self.generator.choose(prompts, self.choices)

    def row(self, prompt: Prompt, answer: Choice) -> LabelRow:
        scores = set_scores(answer.scores, self.free_scores, self.set_ranking)
        labels = [label for label, score in zip(self.task.labels, scores, strict=True) if score > 0]
        return {
            "raw_output": ", ".join(self.task.choices[label] for label in labels),
            "labels": labels,
            "confidence": 1 / (1 + math.exp(-min(map(abs, scores)))),
            "label_scores": scores,
        }


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
    own = per_label(scores)
    if free_scores is None:
        return own
    return [score - free for score, free in zip(own, per_label(free_scores), strict=True)]


SET_MODES: Mapping[str, type[Asking[Any]]] = {way.mode: way for way in (FreeTextSets, RankedSets)}
