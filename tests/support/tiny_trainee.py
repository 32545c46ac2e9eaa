"""A language model of two layers in torch alone, with a frozen part and dropout, for the training loop."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from trainers.loop.examples import COLUMNS, FILE
from trainers.loop.settings import TrainingSettings
from trainers.loop.trainee import IGNORED, Example, Job

VOCABULARY = 50


def settings(**changes: object) -> TrainingSettings:
    """Small steps, one checkpoint every four."""
    values = {
        "moves": "lora", "learning_rate": 1e-2, "epochs": 2, "batch_size": 8, "context": 64,
        "max_images": None, "tokens_per_micro_batch": 64, "precision": "fp32", "zero": 2,
        "activation_checkpointing": False, "warmup_steps": 2, "checkpoint_every": 4,
    }  # fmt: skip
    return TrainingSettings(**(values | changes))


class TinyModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 16).requires_grad_(False)
        self.body = nn.Linear(16, 32)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(32, VOCABULARY)

    def forward(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        ids, labels = batch
        weight = self.body.weight
        hidden = self.dropout(torch.tanh(self.body(self.embedding(ids).to(weight.dtype))))
        logits = self.head(hidden).float()
        return nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum"
        )


class TinyTrainee:
    def __init__(self, seed: int, pause_s: float = 0.0) -> None:
        torch.manual_seed(seed)
        self.module, self.pause_s = TinyModel(), pause_s

    def collate(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        time.sleep(self.pause_s)
        width = max(len(example.ids) for example in examples)
        ids = torch.zeros(len(examples), width, dtype=torch.long)
        labels = torch.full_like(ids, IGNORED)
        for row, example in enumerate(examples):
            ids[row, : len(example.ids)] = torch.tensor(example.ids)
            labels[row, : len(example.ids)] = torch.tensor(example.labels())
        return ids, labels


def build(settings: TrainingSettings, pause_s: float = 0.0) -> TinyTrainee:
    """The same weights every time."""
    return TinyTrainee(settings.seed, pause_s)


def tiny_job(
    out: Path, session: str | None = None, *, rows: int = 40, pause_s: float = 0.0, **changes: object
) -> Job:
    """A job over `rows` made-up examples of 5 to 30 tokens, written on the first call for `out`; making
    a batch takes `pause_s`."""
    from trainers.loop.checkpoint import claim

    job = Job(out, session or uuid.uuid4().hex[:8], settings(**changes), partial(build, pause_s=pause_s))
    if not job.prepared.is_dir():
        job.prepared.mkdir(parents=True)
        pq.write_table(_examples(rows), job.prepared / FILE)
    claim(job)
    return job


def _examples(rows: int) -> pa.Table:
    generator = torch.Generator().manual_seed(7)
    lines = []
    for row in range(rows):
        length = int(torch.randint(5, 31, (), generator=generator))
        ids = torch.randint(3, VOCABULARY, (length,), generator=generator).tolist()
        lines.append(
            {"id": str(row), "ids": ids, "target_starts": [3], "target_ends": [length], "images": []}
        )
    return pa.Table.from_pylist(lines, COLUMNS)
