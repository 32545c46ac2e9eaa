"""The rewriter's training loop against a plain padded one: useful tokens per second, one process, one thread.

Rows of the scenes (descriptions, questions, rationales, changes), terse draft and polite text, a Flamingo of
the pocket's shape with random weights, LoRA of rank 64, float32. The sides, in turn, over the same rows with
the same number of optimizer steps, and the same summed loss as their result (the rate is 0, so no round
changes the weights):

- plain: rows in file order, eight to a micro-batch, padded to the longest; open_flamingo's own forward with
  labels: every row's pictures encoded, logits at every position;
- ours: rows of a step sorted by length and filled up to a budget of tokens, distinct pictures encoded once,
  logits where a target stands.

Expected before the first run: lengths differ by two to one, so a micro-batch in file order is a quarter
padding and a sorted one 5 %: 1.3 from that, and a fifth more from pictures and logits: 1.5.
Measured 1.7: lengths differ by five to one, so there is more padding on both sides, and more to gain.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from actors.models.flamingo.assembly import assemble
from actors.models.flamingo.config import FlamingoConfig
from actors.models.flamingo.store import save_flamingo
from actors.models.flamingo.vision import PictureTransform, Vision, build_tower
from actors.prompts.rewriting import rewriting_prompt
from benchmarks.results_table import write_results
from benchmarks.turns import Turns
from pipelines.sources.scenes.source import Scenes
from trainers.loop.engines import PlainEngine
from trainers.loop.settings import TrainingSettings
from trainers.loop.step_plans import micro_batches, padded_tokens
from trainers.loop.trainee import Example
from trainers.pocket.tokenizer import language_tokenizer
from trainers.rewriter.base_model import BaseModel
from trainers.rewriter.data import Encoder, Limits, RewritingRow
from trainers.rewriter.flamingo_trainee import FlamingoBatch, FlamingoTrainee
from trainers.rewriter.presets import POCKET_REWRITER

STEP, PLAIN_ROWS, BUDGET = 64, 8, 2048
SETTINGS = TrainingSettings(
    **{**vars(POCKET_REWRITER), "lora_dropout": 0.0, "tokens_per_micro_batch": BUDGET, "precision": "fp32"}
)
PIXELS = 64
VISION = {
    "image_size": PIXELS,
    "patch_size": 8,
    "width": 128,
    "layers": 3,
    "head_width": 32,
    "mlp_ratio": 4.0,
}
HEADING = (
    "side", "seconds", "useful tokens/s", "times the first", "CPU seconds", "times the first by CPU",
    "padding share",
)  # fmt: skip


def rewriting_rows(count: int) -> list[RewritingRow]:
    """Scenes, four per picture, in the order the source gives them."""
    source = Scenes(num_rows=count, split="train", seed=3, kind="polite")
    root = source.image_root()
    return [
        RewritingRow(
            row["id"],
            row["instruction"],
            row["terse_response"],
            row["response"],
            tuple(str(root / picture) for picture in row["images"]),
        )
        for row in source.rows()
    ]


def write_base(folder: Path, rows: Sequence[RewritingRow]) -> Path:
    """A Flamingo of the pocket's shape with random weights and a tokenizer trained on the rows."""
    texts = [rewriting_prompt(row.instruction, row.draft) + row.target for row in rows]
    tokenizer = language_tokenizer(texts, 1024)
    torch.manual_seed(0)
    language = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=4,
        num_attention_heads=8,
        max_position_embeddings=SETTINGS.context,
    )
    model = LlamaForCausalLM(language)
    tower = {"embed_dim": 128, "quick_gelu": False, "vision_cfg": VISION}
    vision = Vision(build_tower(tower), PictureTransform(PIXELS), tower)
    config = FlamingoConfig("none", "none", cross_attn_every=1, perceiver_depth=2, num_latents=16)
    built = assemble(model, tokenizer, vision, config, context=SETTINGS.context)
    return save_flamingo(built, folder)


class PlainLoss(nn.Module):
    """open_flamingo's forward with labels, summed over the targets."""

    def __init__(self, trainee: FlamingoTrainee) -> None:
        super().__init__()
        self.model = trainee.flamingo.model

    def forward(self, batch: FlamingoBatch) -> Tensor:
        pixels = batch.pixels[batch.pictures][:, :, None]
        output = self.model(pixels, batch.ids, batch.mask, labels=batch.labels)
        return output.loss * (batch.labels[:, 1:] >= 0).sum()


def in_file_order(count: int) -> Iterator[list[list[int]]]:
    """Micro-batches step by step."""
    for start in range(0, count, STEP):
        rows = range(start, min(count, start + STEP))
        yield [list(rows[first : first + PLAIN_ROWS]) for first in range(0, len(rows), PLAIN_ROWS)]


def by_length(lengths: Sequence[int]) -> Iterator[list[list[int]]]:
    """Micro-batches step by step."""
    for start in range(0, len(lengths), STEP):
        rows = range(start, min(len(lengths), start + STEP))
        yield micro_batches(lengths, rows, workers=1, token_budget=BUDGET)[0]


def trained(
    trainee: FlamingoTrainee, loss: nn.Module, examples: Sequence[Example], steps: Sequence[list[list[int]]]
) -> float:
    """The summed loss over all steps, each with backward and an optimizer step of rate 0."""
    engine, total = PlainEngine(loss, SETTINGS), 0.0
    for parts in steps:
        for rows in parts:
            value = engine.loss(trainee.collate([examples[row] for row in rows]))
            engine.backward(value, last=False)
            total += float(value.detach())
        engine.step(0.0)
    return total


def main(rows: int = 64, rounds: int = 2) -> None:
    pairs = rewriting_rows(rows)
    with tempfile.TemporaryDirectory() as folder:
        base = BaseModel("random", folder=write_base(Path(folder), pairs))
        encoded = Encoder(base.tokens(), rewriting_prompt, Limits(SETTINGS.context)).encode(pairs)
        trainee = FlamingoTrainee(base, SETTINGS)
    examples = [one[0] for one in encoded if isinstance(one, tuple)]
    lengths = [len(example.ids) for example in examples]
    plans = {"plain": list(in_file_order(len(examples))), "ours": list(by_length(lengths))}
    plain = PlainLoss(trainee)
    sides: dict[str, Callable[[], object]] = {
        "plain": lambda: trained(trainee, plain, examples, plans["plain"]),
        "ours": lambda: trained(trainee, trainee.module, examples, plans["ours"]),
    }
    expected = sides["plain"]()

    def check(name: str, loss: object) -> None:
        assert isinstance(loss, float) and isinstance(expected, float)
        assert abs(loss / expected - 1) < 1e-4, f"{name}: summed loss {loss}, expected {expected}"

    turns = Turns()
    for _ in range(rounds):
        turns.run(sides, check)
    lines = [
        [name, seconds, f"{sum(lengths) / float(seconds):,.0f}", ratio, cpu, by_cpu]
        for name, seconds, _, ratio, cpu, by_cpu in turns.lines(len(examples))
    ]
    write_results(
        "training",
        "Training",
        HEADING,
        [[*line, f"{100 * padding(lengths, plans[line[0]]):.1f} %"] for line in lines],
        note=f"{len(examples)} rows of {min(lengths)} to {max(lengths)} tokens, {sum(lengths):,} together, "
        f"summed loss equal on both sides; {turns.note()}",
        doc=__doc__ or "",
    )


def padding(lengths: Sequence[int], steps: Sequence[list[list[int]]]) -> float:
    """Share of computed tokens that are padding."""
    return 1 - sum(lengths) / sum(padded_tokens(lengths, rows) for parts in steps for rows in parts)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(*map(int, sys.argv[1:]))
