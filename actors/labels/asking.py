"""What an annotator asks a model for, and the columns that its answers become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

from actors.base import BadRow, Columns
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, TextGenerator
from actors.prompts.task import Task

MODES = ("regex", "rank", "constrain")
SET_MODES = MODES[:2]  # of tasks of several labels per row
YES_NO, LIKELIHOOD = "yes_no", "likelihood"
SET_RANKINGS = (YES_NO, LIKELIHOOD)
CHECKLIST = "Answer yes or no for each of them."
ANSWERS = ("yes", "no")
CONTENT_FREE = ("N/A", "[MASK]", "")  # Zhao et al. 2021, §5
LABEL_FIELDS: Columns = {
    "raw_output": "string",
    "reason_text": "string",
    "label": "string",
    "confidence": "double",
    "label_mode": "string",
    "label_scores": "list<item: double>",
    "answer_kind": "string",
    "finish_reason": "string",
    "prompt_tokens": "int32",
    "new_tokens": "int32",
    "cut_tokens": "int32",
    "logprob": "double",
}
LabelRow = dict[str, Any]
Answer = TypeVar("Answer", Generation, Choice)


def label_fields(task: Task) -> Columns:
    """Name and type of every column of an answer; `labels` stands in for `label` in a task of several."""
    if not task.multi_label:
        return LABEL_FIELDS
    return {
        ("labels" if name == "label" else name): ("list<item: string>" if name == "label" else kind)
        for name, kind in LABEL_FIELDS.items()
    }


def sent_task(task: Task, mode: str, set_ranking: str) -> Task:
    """`task` with the prompt that is sent: its own, one that asks for a yes or no per label, or the one
    behind which a list of labels would begin."""
    if not task.multi_label or mode != "rank":
        return task
    if set_ranking == LIKELIHOOD:
        return replace(task, prompt=task.list_prompt)
    return replace(task, prompt=f"{task.prompt}\n{CHECKLIST}")


def candidates(task: Task, lead: str, set_ranking: str) -> list[str]:
    """The texts that a model chooses among, as they follow the prompt behind `lead`, in the task's order:
    every label, or in a task of several by yes_no "Drama: yes" and "Drama: no"."""
    choices = [f"{lead}{task.choices[label]}" for label in task.labels]
    if not task.multi_label or set_ranking == LIKELIHOOD:
        return choices
    return [f"{choice}: {answer}" for choice in choices for answer in ANSWERS]


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


@dataclass(frozen=True)
class Asking(Generic[Answer]):
    """One way of asking a loaded model for labels, with all that its answers are read by.

    `choices` are the `candidates`, `free_scores` the mean score of each after documents that say nothing
    (None: not calibrated).
    """

    mode: ClassVar[str]

    task: Task
    generator: TextGenerator
    params: GenerationParams
    choices: Sequence[str] = ()
    free_scores: Sequence[float] | None = None
    set_ranking: str = YES_NO

    def rows(self, prompts: Sequence[Prompt]) -> list[LabelRow | BadRow]:
        """One row of `label_fields` per prompt."""
        if not prompts:
            return []
        blank = dict.fromkeys(label_fields(self.task)) | {"label_mode": self.mode}
        return [
            answer if isinstance(answer, BadRow) else blank | _account(answer) | self.row(prompt, answer)
            for prompt, answer in zip(prompts, self.answers(prompts), strict=True)
        ]

    def answers(self, prompts: Sequence[Prompt]) -> Sequence[Answer | BadRow]:
        """What the model says to each prompt."""
        raise NotImplementedError

    def row(self, prompt: Prompt, answer: Answer) -> LabelRow:
        """The columns that say what the answer makes of the document."""
        raise NotImplementedError


def _account(answer: Generation | Choice) -> LabelRow:
    """The columns that say how an answer came about; a scored one writes nothing, and is always an answer."""
    counts = {"prompt_tokens": answer.prompt_tokens, "cut_tokens": answer.cut_tokens}
    if isinstance(answer, Choice):
        return counts | {"answer_kind": "answered", "new_tokens": 0}
    return counts | {
        "raw_output": answer.text,
        "finish_reason": answer.finish_reason,
        "new_tokens": answer.new_tokens,
        "logprob": answer.logprob,
    }
