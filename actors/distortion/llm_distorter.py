"""A language model asked to be impolite (paper B §3.1, Table 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import pyarrow as pa

from actors.base import Annotator, BadRow, Columns, cells_by_column
from actors.distortion.llm_answer import PROMPT_TOO_LONG, LlmAnswer, overlap, read_answer
from actors.distortion.strategies import LLM
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.engines import check_generator
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import TOO_LONG, Generation, GenerationParams, Prompt
from actors.prompts import distortion

TABLE_5, FEW_SHOT = "table5", "few_shot"
LLM_COLUMNS: Columns = {
    "llm_text": "string",
    "llm_reason": "string",  # why there is no text
    "llm_words": "string",
    "llm_did": "string",  # the command in words
    "distortion_command": "int32",  # 1 to 24 of Table 5, null for none
    "distorter_output": "string",  # everything the model wrote
    "distorter_tokens": "int32",
    "distortion_overlap": "float",  # share of its words that the question or the response has
}
# QLoRA's own settings: which ones the authors used is not published.
PARAMS = GenerationParams(max_new_tokens=512, temperature=0.7, top_p=0.9)


@dataclass
class LlmDistorter(Annotator):
    """The language model's impolite version of rows whose `distortion` is `llm`; others pass by.

    `prompt` is `table5`, the paper's, or `few_shot`, a pattern to go on with for models of few million
    parameters; that one gives no commands.
    """

    transient: ClassVar[tuple[str, ...]] = ("llm_text", "llm_reason", "llm_words", "llm_did")

    model: AnnotatorModel
    engine: str = "transformers"
    prompt: str = TABLE_5
    params: GenerationParams = PARAMS
    options: EngineOptions = field(default_factory=EngineOptions)

    reads = ("id", "instruction", "response", "distortion")
    writes = LLM_COLUMNS

    def identity(self) -> dict[str, Any]:
        return asdict(self) | {"options": {"dtype": self.options.dtype}}

    def check(self) -> None:
        distortion.distortion_prompt()
        if self.prompt == FEW_SHOT and self.engine == "openai":
            raise ValueError("--prompt few_shot needs a local model; use --prompt table5 with an endpoint")
        check_generator(self.model, self.engine, self.options, self.params)

    def load(self) -> None:
        from actors.models.catalog.annotators import conversation_for
        from actors.models.catalog.engines import load_generator

        model, options = self.model, self.options
        self.generator = load_generator(model, engine=self.engine, options=options, use_images=False)
        tokenizer = getattr(self.generator, "tokenizer", None)
        self.conversation = conversation_for(self.model, tokenizer) if tokenizer is not None else None
        stop = () if self.conversation is None else (distortion.QUOTE, "”")
        self.stopped_params = replace(self.params, stop=(*self.params.stop, *stop, distortion.TURN_MARK))

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        rows = table.select(["id", "instruction", "response", "distortion"]).to_pylist()
        mine = [row for row in rows if row["distortion"] == LLM]
        written = iter(self._distort(mine))
        cells = [next(written) if row["distortion"] == LLM else dict.fromkeys(LLM_COLUMNS) for row in rows]
        return cells_by_column(cells, LLM_COLUMNS)

    def _distort(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | BadRow]:
        seed, commanded = self.params.seed, self.prompt == TABLE_5
        commands = [distortion.draw_command(row["id"], seed) if commanded else None for row in rows]
        prompts = [self._prompt(row, command) for row, command in zip(rows, commands, strict=True)]
        answers = self.generator.generate(prompts, self.stopped_params) if prompts else []
        return [self._cell(*cells) for cells in zip(rows, commands, answers, strict=True)]

    def _did(self, command: int | None) -> str:
        if self.prompt == FEW_SHOT:
            return "shown how by examples"
        return distortion.distortion_prompt().commands[command - 1] if command else "no command"

    def _prompt(self, row: Mapping[str, Any], command: int | None) -> Prompt:
        texts = row["id"], row["instruction"] or "", row["response"] or ""
        if self.prompt == FEW_SHOT and self.conversation is not None:
            return distortion.render_few_shot(*texts, conversation=self.conversation)
        return distortion.render_distortion(*texts, command=command, conversation=self.conversation)

    def _cell(
        self, row: Mapping[str, Any], command: int | None, answer: Generation | BadRow
    ) -> dict[str, Any] | BadRow:
        if isinstance(answer, BadRow):
            if answer.reason != TOO_LONG:
                return answer
            read, output, tokens = LlmAnswer(None, PROMPT_TOO_LONG, answer.detail), None, None
        else:
            quote_open = self.conversation is not None
            instruction, response = row["instruction"] or "", row["response"] or ""
            read = read_answer(answer, instruction, response, quote_open=quote_open)
            output, tokens = answer.text, answer.new_tokens
        return {
            "llm_text": read.text,
            "llm_reason": read.reason,
            "llm_words": read.detail,
            "llm_did": self._did(command),
            "distortion_command": command,
            "distorter_output": output,
            "distorter_tokens": tokens,
            "distortion_overlap": overlap(read.text, f"{row['instruction']} {row['response']}"),
        }
