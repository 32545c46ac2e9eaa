"""Zero-shot labels from a language model, in three ways of asking (paper A §3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from actors.base import EMPTY_TEXT, Annotator, BadRow, Columns, cells_by_column
from actors.labels import asking
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.engines import check_generator
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import GenerationParams, Prompt
from actors.prompts.task import Task


@dataclass
class LabelAnnotator(Annotator):
    """One label per row (`labels` in a task of several), or the kind of non-answer, with all that was said.

    `mode` is `regex` (free text, then patterns), `rank` (log-likelihood of every label's choice
    string after the prompt) or `constrain` (decoding that can only spell one of them). `examples` of
    the task's are shown first. `calibrate` takes the score of each choice after a content-free
    document off (contextual calibration, Zhao et al. 2021); it changes `rank` alone.

    In a task of several labels, `regex` gives every label that the answer names, and `rank` decides each by
    `set_ranking`: a yes or no (`yes_no`, for instruction-tuned models), or whether the document makes the
    label likelier than one that says nothing (`likelihood`, which needs `calibrate`). `labels` are those
    whose score is above 0 (there may be none), `label_scores` all of them (`set_scores` says which), and
    `confidence` is the sigmoid of the smallest absolute one, 0.5 to 1: with yes_no the probability of the
    least sure decision; with likelihood no probability, but a number that ranks rows.
    """

    task: Task
    model: AnnotatorModel
    mode: str = "regex"
    engine: str = "transformers"
    params: GenerationParams = field(default_factory=GenerationParams)
    options: EngineOptions = field(default_factory=EngineOptions)
    examples: int = 0
    calibrate: bool = False
    use_images: bool = False
    set_ranking: str = asking.YES_NO

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id", "text", "image_bytes") if self.use_images else ("id", "text")

    @property
    def writes(self) -> Columns:
        return asking.label_fields(self.task)

    def identity(self) -> dict[str, Any]:
        settings = asdict(self)
        settings["options"] = {"dtype": self.options.dtype}
        if not self.ranks_sets:
            del settings["set_ranking"], settings["task"]["list_prompt"]
        return settings

    @property
    def ranks_sets(self) -> bool:
        """Whether a row may have several labels and each is decided by its scores, as `set_ranking` says."""
        return self.task.multi_label and self.mode == "rank"

    def check(self) -> None:
        if self.mode not in asking.MODES:
            raise ValueError(f"--mode is {self.mode!r}, expected one of {', '.join(asking.MODES)}")
        if self.task.multi_label:
            self._check_several()
        if not 0 <= self.examples <= len(self.task.examples):
            raise ValueError(
                f"{self.examples} examples were asked for and task {self.task.name!r} has "
                f"{len(self.task.examples)}; change --examples or add some to the task file"
            )
        if self.engine == "openai" and self.mode == "rank" and self.use_images:
            raise ValueError("--mode rank shows an endpoint no pictures; give --images off or another mode")
        check_generator(self.model, self.engine, self.options, self.params)

    def _check_several(self) -> None:
        if self.mode not in asking.SET_MODES:
            raise ValueError(
                f"--mode {self.mode} spells one label, and rows of task {self.task.name!r} have several; "
                f"give --mode {' or '.join(asking.SET_MODES)}"
            )
        if self.examples:
            raise ValueError(
                f"--examples is {self.examples}, and an example has one label where rows of task "
                f"{self.task.name!r} have several; leave --examples out"
            )
        if self.set_ranking not in asking.SET_RANKINGS:
            raise ValueError(
                f"--set-ranking is {self.set_ranking!r}, expected one of {', '.join(asking.SET_RANKINGS)}"
            )
        if self.ranks_sets and self.set_ranking == asking.LIKELIHOOD and not self.calibrate:
            raise ValueError(
                "--set-ranking likelihood compares each label's likelihood with that after documents that "
                "say nothing, and --calibrate is off; leave --calibrate out or give --set-ranking yes_no"
            )

    def load(self) -> None:
        from actors.labels.modes import WAYS
        from actors.models.catalog.annotators import conversation_for
        from actors.models.catalog.engines import load_generator

        generator = load_generator(
            self.model, engine=self.engine, options=self.options, use_images=self.use_images
        )
        self.conversation = conversation_for(self.model, getattr(generator, "tokenizer", None))
        choices = asking.candidates(self.task, self.conversation.answer_lead, self.set_ranking)
        free_scores = None
        if self.mode == "rank" and self.calibrate:
            free_scores = asking.content_free_scores(generator, self._prompt, choices)
        self.asking: asking.Asking[Any] = WAYS[self.mode](
            self.task, generator, self.params, choices, free_scores, self.set_ranking
        )

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        images = table["image_bytes"].to_pylist() if self.use_images else [()] * table.num_rows
        columns = zip(table["id"].to_pylist(), table["text"].to_pylist(), images, strict=True)
        prompts = [self._prompt_or_bad(*row) for row in columns]
        answers = iter(self.asking.rows([prompt for prompt in prompts if isinstance(prompt, Prompt)]))
        rows = [next(answers) if isinstance(prompt, Prompt) else prompt for prompt in prompts]
        return cells_by_column(rows, self.writes)

    def _prompt_or_bad(self, row_id: str, document: str | None, images: Sequence[bytes]) -> Prompt | BadRow:
        if (document is None or not document.strip()) and not images:
            return BadRow(EMPTY_TEXT, "there is no text to label")
        return self._prompt(row_id, document or "", images)

    def _prompt(self, row_id: str, document: str, images: Sequence[bytes] = ()) -> Prompt:
        from actors.prompts.conversation import render

        task = asking.sent_task(self.task, self.mode, self.set_ranking)
        examples = task.examples[: self.examples]
        return render(task, self.conversation, id=row_id, document=document, images=images, examples=examples)
