"""Next tokens from logits: greedy, or drawn from a stream that belongs to one row and one step.

Each draw takes its uniform number from `(row seed, step)` alone and walks the kept tokens in vocabulary
order, so a row's text does not depend on its batch, and rounding noise in the logits moves the borders
between tokens by as little as the noise itself. Tokens that tie with the last one kept stay in.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from actors.models.text_generator import GenerationParams

# Distances from the best logit: tokens within the first nearly always decide, else the next one is tried.
MARGINS = (5.0, 12.0, math.inf)


def pick_tokens(
    logits: torch.Tensor,
    params: GenerationParams,
    seeds: Sequence[int],
    steps: Sequence[int],
    *,
    banned: Sequence[Sequence[int]] = (),
) -> tuple[list[int], list[float]]:
    """Token per row of `logits` `[rows, vocabulary]`, and its natural-log probability at temperature 1.

    Order of the filters as in transformers: tokens `banned` per row, temperature, top-k, then top-p of
    what top-k left. The probability is the model's own: banned tokens keep theirs.
    """
    logits = logits.float()
    unbanned = logits
    if any(banned):
        rows = [row for row, tokens in enumerate(banned) for _ in tokens]
        logits = logits.clone()
        logits[rows, [token for listed in banned for token in listed]] = -math.inf
    if params.temperature == 0:
        picks = logits.argmax(-1)
    else:
        draws = np.array([uniform(seed, step) for seed, step in zip(seeds, steps, strict=True)])
        picks = torch.as_tensor(_sample(logits / params.temperature, params, draws), device=logits.device)
    log_probs = unbanned.gather(1, picks[:, None])[:, 0] - unbanned.logsumexp(-1)
    return picks.tolist(), log_probs.tolist()


def uniform(seed: int, step: int) -> float:
    """A number in [0, 1) that depends on the row's seed and the step alone."""
    digest = hashlib.blake2b(f"{seed}:{step}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2.0**53


def _sample(scaled: torch.Tensor, params: GenerationParams, draws: np.ndarray) -> list[int]:
    normaliser = scaled.logsumexp(-1).double().cpu().numpy()
    everything = params.top_k <= 0 and params.top_p >= 1.0
    top_k = min(params.top_k, scaled.shape[1])
    picks: dict[int, int] = {}
    for margin in MARGINS[-1:] if everything else MARGINS:
        waiting = [row for row in range(len(draws)) if row not in picks]
        for row, (tokens, logits) in zip(waiting, _likely(scaled[waiting], margin), strict=True):
            probabilities = np.exp(logits - normaliser[row])
            least = 0.0 if everything else _least_kept(probabilities, params, top_k)
            if least is not None or margin == math.inf:
                passes = probabilities >= (least or 0.0)
                picks[row] = _draw(probabilities[passes], tokens[passes], draws[row])
        if len(picks) == len(draws):
            break
    return [picks[row] for row in range(len(draws))]


def _likely(scaled: torch.Tensor, margin: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Per row the tokens within `margin` of the best, in vocabulary order, and their logits."""
    near = scaled >= scaled.amax(-1, keepdim=True) - margin
    rows, tokens = near.nonzero(as_tuple=True)
    values = scaled[rows, tokens].double().cpu().numpy()
    ends = near.sum(-1).cumsum(0)[:-1].tolist()
    yield from zip(np.split(tokens.cpu().numpy(), ends), np.split(values, ends), strict=True)


def _least_kept(probabilities: np.ndarray, params: GenerationParams, top_k: int) -> float | None:
    """The smallest probability that passes the filters; None if `probabilities` end before it."""
    falling = np.sort(probabilities)[::-1]
    mass = 1.0
    if top_k > 0:
        if len(falling) < top_k:
            return None
        falling = falling[falling >= falling[top_k - 1]]
        mass = falling.sum()
    if params.top_p >= 1.0:
        return float(falling[-1])
    reached = np.cumsum(falling) >= params.top_p * mass
    return float(falling[reached.argmax()]) if reached.any() else None


def _draw(probabilities: np.ndarray, tokens: np.ndarray, draw: float) -> int:
    heights = np.cumsum(probabilities)
    place = np.searchsorted(heights, draw * heights[-1], side="right")
    return int(tokens[min(int(place), len(tokens) - 1)])
