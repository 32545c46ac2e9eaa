"""Terse annotations rewritten as polite responses (paper B §3.2, §4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pyarrow as pa

from actors.base import BadRow, Columns, Reason, Rewriter, cells_by_column
from actors.models.catalog.engines import check_generator
from actors.models.catalog.family import EngineOptions
from actors.models.catalog.rewriters import RewriterModel
from actors.models.text_generator import Generation, GenerationParams, Prompt, check_params
from actors.prompts.rewriting import TURN_MARK, parse_rewriting, rewriting_frame, text_only_frame, with_marks

EMPTY_DRAFT = Reason("empty_draft", "there is no response to rewrite")

GENERATION_COLUMNS: Columns = {
    "finish_reason": "string",  # stop, or length where the token limit came first
    "prompt_tokens": "int32",
    "new_tokens": "int32",
    "cut_tokens": "int32",  # of a draft too long for the model's context
    "logprob": "double",  # natural log, summed over the new tokens; null where an endpoint does not tell
}
REPEATED = "changed_when_repeated"
REPEATS = 16
# The released wrapper's, with its API example's single beam and top-p of 1; which settings made the
# published set is not known.
PARAMS = GenerationParams(
    max_new_tokens=1024, temperature=1.0, top_p=1.0, top_k=20, seed=42, stop=(TURN_MARK,), no_repeat_ngram=3
)


@dataclass
class ResponseRewriter(Rewriter):
    """The polite version of every row's `response`, which is kept as `response_original`.

    A Flamingo reads instruction, draft and pictures (`picture_crops`, where `with_pictures`); a text-only
    model reads instruction and draft.

    With `repeats` every worker writes that many of its first rows a second time, in a batch of their own and
    in the other order, and `changed_when_repeated` says whether the words came out the same (null: not
    repeated). That measures what a precision that is not batch-invariant costs.
    """

    model: RewriterModel
    engine: str = "transformers"
    params: GenerationParams = PARAMS
    options: EngineOptions = field(default_factory=EngineOptions)
    with_pictures: bool = True
    repeats: int = 0

    @property
    def reads(self) -> tuple[str, ...]:
        pictures = ("picture_crops",) if self.with_pictures else ()
        return ("id", "instruction", "response", *pictures)

    column = "response"

    @property
    def writes(self) -> Columns:
        return {**GENERATION_COLUMNS, **({REPEATED: "bool"} if self.repeats else {})}

    def identity(self) -> dict[str, Any]:
        return asdict(self) | {"options": {"dtype": self.options.dtype}}

    def check(self) -> None:
        if self.model.text is not None:
            check_generator(self.model.text, self.engine, self.options, self.params)
            return
        check_params(self.params)
        if self.options.base_url:
            raise ValueError(
                f"--base-url is {self.options.base_url!r}, and a Flamingo runs on this machine; leave it "
                "out, or name a model of the endpoint with --mode text --engine openai"
            )

    def load(self) -> None:
        self.generator: Any
        self.to_repeat = self.repeats
        if self.model.text is None:
            self._load_flamingo()
            return
        from actors.models.catalog.annotators import conversation_for
        from actors.models.catalog.engines import load_generator

        text, options = self.model.text, self.options
        self.generator = load_generator(text, engine=self.engine, options=options, use_images=False)
        conversation = conversation_for(text, getattr(self.generator, "tokenizer", None))
        self.before, self.after = conversation.wrap()

    def _load_flamingo(self) -> None:
        from actors.models.flamingo.decoding import FlamingoGenerator
        from actors.models.flamingo.published import open_flamingo_model

        options = self.options
        assert self.model.flamingo is not None
        flamingo = open_flamingo_model(self.model.flamingo, dtype=options.dtype, device=options.device)
        self.released_spelling = flamingo.config.released_spelling
        budget, most = options.token_budget, options.max_batch
        self.generator = FlamingoGenerator(flamingo, token_budget=budget, max_batch=most)

    def rewrite(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        requests = [self._prompt_or_bad(row) for row in table.select(list(self.reads)).to_pylist()]
        prompts = [prompt for prompt in requests if isinstance(prompt, Prompt)]
        answers = self.generator.generate(prompts, self.params) if prompts else []
        changed = self._changed(prompts, answers)
        cells = iter([_cells(answer, again) for answer, again in zip(answers, changed, strict=True)])
        rows = [next(cells) if isinstance(request, Prompt) else request for request in requests]
        return cells_by_column(rows, ("response", *self.writes))

    def _changed(
        self, prompts: Sequence[Prompt], answers: Sequence[Generation | BadRow]
    ) -> list[bool | None]:
        """Whether each text changed when it was written again in other company; None: written once."""
        count = min(self.to_repeat, len(prompts))
        self.to_repeat -= count
        again = self.generator.generate(prompts[:count][::-1], self.params)[::-1] if count else []
        changed: list[bool | None] = [None] * len(prompts)
        for place, (first, second) in enumerate(zip(answers, again, strict=False)):
            if isinstance(first, Generation) and isinstance(second, Generation):
                changed[place] = first.text != second.text
        return changed

    def _prompt_or_bad(self, row: Mapping[str, Any]) -> Prompt | BadRow:
        draft = (row["response"] or "").strip()
        if not draft:
            return BadRow(EMPTY_DRAFT, "there is no response to rewrite")
        instruction = row["instruction"] or ""
        if self.model.text is not None:
            head, tail = text_only_frame(instruction)
            return Prompt(row["id"], draft, head, tail, self.before, self.after)
        pictures = tuple(row["picture_crops"] or ()) if self.with_pictures else ()
        marked = with_marks(instruction, len(pictures))
        head, tail = rewriting_frame(marked, released_spelling=self.released_spelling)
        return Prompt(row["id"], draft, head, tail, images=pictures)


def _cells(answer: Generation | BadRow, changed: bool | None) -> dict[str, Any] | BadRow:
    if isinstance(answer, BadRow):
        return answer
    cells = {name: getattr(answer, name) for name in GENERATION_COLUMNS}
    return {"response": parse_rewriting(answer.text), REPEATED: changed, **cells}


def for_engine(params: GenerationParams, engine: str, *, text_only: bool) -> GenerationParams:
    """`params`, the n-gram limit off where an engine cannot apply it and it is only this module's default."""
    if text_only and engine in ("openai", "vllm") and params.no_repeat_ngram == PARAMS.no_repeat_ngram:
        return replace(params, no_repeat_ngram=0)
    return params
