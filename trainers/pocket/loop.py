"""The loop that every pocket model is trained with: fixed steps, batches from the step's number alone."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import Any

from trainers.loop.settings import computes_bf16

logger = logging.getLogger(__name__)
WARMUP, CLIP_NORM, LOG_S = 20, 1.0, 15.0
FLOOR = 0.05  # the learning rate ends at this share of its peak


@dataclass(frozen=True)
class Fit:
    """Steps and AdamW settings of a training. `checkpoint` is the file that a killed one resumes from."""

    name: str
    steps: int
    learning_rate: float
    weight_decay: float = 0.01
    checkpoint: Path | None = None
    checkpoint_s: float = 20.0


def fit(parameters: Sequence[Any], loss_of_step: Callable[[int], Any], settings: Fit) -> list[float]:
    """Trains in place and returns the loss of every step that was run here.

    `loss_of_step` draws its batch from the step's number, so that a training that goes on from its
    checkpoint ends with the same weights as one that was never killed. The checkpoint stays.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    optimizer = torch.optim.AdamW(
        parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
    )
    start, losses = _restore(parameters, optimizer, settings), []
    saved = logged = time.monotonic()
    for step in range(start, settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * rate(step, settings.steps)
        optimizer.zero_grad(set_to_none=True)
        # On a CPU the fused attention's backward took three fifths of a step of the pocket CLIP.
        with sdpa_kernel(SDPBackend.MATH):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=computes_bf16()):
                loss = loss_of_step(step)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP_NORM)
        optimizer.step()
        losses.append(float(loss.detach()))
        now = time.monotonic()
        if now - logged > LOG_S:
            facts = (settings.name, step + 1, settings.steps, losses[-1], time.process_time())
            logger.info("%s: step %d of %d, loss %.3f, cpu %.0f", *facts)
            logged = now
        if settings.checkpoint and now - saved > settings.checkpoint_s:
            _save(parameters, optimizer, step + 1, settings.checkpoint)
            saved = now
    if settings.checkpoint:  # measuring comes next, and may be killed as well
        _save(parameters, optimizer, settings.steps, settings.checkpoint)
    return losses


def fit_and_save(
    model: Any, tokenizer: Any, loss_of_step: Callable[[int], Any], settings: Fit, folder: Path
) -> None:
    """Trains a transformers model and writes it and its tokenizer to `folder`."""
    model.train()
    fit(list(model.parameters()), loss_of_step, settings)
    model.eval().save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)


def rate(step: int, steps: int) -> float:
    """Share of the peak learning rate at `step`: a short linear rise, then a cosine down to FLOOR."""
    rise = min(WARMUP, max(1, steps // 5))
    if step < rise:
        return (step + 1) / rise
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + cos(pi * (step - rise) / max(1, steps - rise)))


def _save(parameters: Sequence[Any], optimizer: Any, step: int, file: Path) -> None:
    import torch

    part = file.with_name(file.name + ".part")
    values = [parameter.detach() for parameter in parameters]
    torch.save({"step": step, "values": values, "optimizer": optimizer.state_dict()}, part)
    os.replace(part, file)


def _restore(parameters: Sequence[Any], optimizer: Any, settings: Fit) -> int:
    import torch

    if settings.checkpoint is None or not settings.checkpoint.is_file():
        return 0
    stored = torch.load(settings.checkpoint, weights_only=True)
    with torch.no_grad():
        for parameter, value in zip(parameters, stored["values"], strict=True):
            parameter.copy_(value)
    optimizer.load_state_dict(stored["optimizer"])
    logger.info("%s: goes on from step %d", settings.name, stored["step"])
    return int(stored["step"])
