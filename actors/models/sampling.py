"""Next tokens from logits: greedy, or drawn from a stream that belongs to one row and one step.

Each draw takes its uniform number from `(row seed, step)` alone and walks the kept tokens in vocabulary
order, so a row's text does not depend on its batch, and rounding noise in the logits moves the borders
between tokens by as little as the noise itself. Tokens that tie with the last one kept stay in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import torch

from actors.models.text_generator import GenerationParams

FIRST_LOOK = 128  # most probable tokens sorted at first; more only where they hold too little mass


def pick_tokens(
    logits: torch.Tensor, params: GenerationParams, seeds: Sequence[int], steps: Sequence[int]
) -> tuple[list[int], list[float]]:
    """Token per row of `logits` `[rows, vocabulary]`, and its natural-log probability at temperature 1.

    Order of the filters as in transformers: temperature, top-k, then top-p of what top-k left.
    """
    logits = logits.float()
    if params.temperature == 0:
        chosen = logits.argmax(-1)
    else:
        draws = np.array([uniform(seed, step) for seed, step in zip(seeds, steps, strict=True)])
        chosen = torch.as_tensor(_sample(logits / params.temperature, params, draws), device=logits.device)
    log_probs = logits.gather(1, chosen[:, None])[:, 0] - logits.logsumexp(-1)
    return chosen.tolist(), log_probs.tolist()


def uniform(seed: int, step: int) -> float:
    """A number in [0, 1) that depends on the row's seed and the step alone."""
    digest = hashlib.blake2b(f"{seed}:{step}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2.0**53


def _sample(scaled: torch.Tensor, params: GenerationParams, draws: np.ndarray) -> list[int]:
    rows, vocabulary = scaled.shape
    normaliser = scaled.logsumexp(-1).double().cpu().numpy()
    everything = params.top_k <= 0 and params.top_p >= 1.0
    look = vocabulary if everything else min(vocabulary, max(FIRST_LOOK, 2 * params.top_k))
    chosen: dict[int, int] = {}
    while len(chosen) < rows:
        waiting = [row for row in range(rows) if row not in chosen]
        values, tokens = (part.cpu().numpy() for part in scaled[waiting].topk(look))
        for row, row_values, row_tokens in zip(waiting, values.astype(np.float64), tokens, strict=True):
            probabilities = np.exp(row_values - normaliser[row])
            kept = _num_kept(probabilities, params, complete=look == vocabulary)
            if kept is not None:
                chosen[row] = _draw(probabilities[:kept], row_tokens[:kept], draws[row])
        look = min(vocabulary, look * 16)
    return [chosen[row] for row in range(rows)]


def _num_kept(probabilities: np.ndarray, params: GenerationParams, *, complete: bool) -> int | None:
    """How many of the falling `probabilities` the filters keep; None if the answer lies beyond them."""
    kept = len(probabilities)
    mass = 1.0
    if 0 < params.top_k < kept:
        kept = _with_ties(probabilities, params.top_k)
        mass = probabilities[:kept].sum()
    if params.top_p < 1.0:
        before = np.cumsum(probabilities[:kept]) - probabilities[:kept]
        kept = _with_ties(probabilities, max(1, int((before < params.top_p * mass).sum())))
    return kept if complete or kept < len(probabilities) else None


def _with_ties(probabilities: np.ndarray, kept: int) -> int:
    return int((probabilities >= probabilities[kept - 1]).sum())


def _draw(probabilities: np.ndarray, tokens: np.ndarray, draw: float) -> int:
    order = np.argsort(tokens)
    heights = np.cumsum(probabilities[order])
    place = np.searchsorted(heights, draw * heights[-1], side="right")
    return int(tokens[order[min(int(place), len(order) - 1)]])
