"""Log-probabilities of fixed continuations, from one reading of each prompt.

All nodes of a prompt's candidate tree go through the model together behind the prompt's cache, each one
seeing the prompt and its own ancestors only. So the cache is not repeated per candidate, and every score
equals that of a full forward per candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel

from actors.models.decoding.batches import in_batches
from actors.models.decoding.candidate_tree import Candidates, CandidateScores, CandidateTree, join_scores
from actors.models.decoding.prefill import Reader, length_groups, shared_prefix
from actors.models.decoding.rows import DecodeRow

MAX_POSITIONS = 256  # positions whose logits over the vocabulary are held at a time; larger trees are cut
TREE_ATTENTION = ("sdpa", "grouped_sdpa", "eager")  # kinds that take any mask


@torch.inference_mode()
def score_candidates(
    model: PreTrainedModel,
    rows: Sequence[DecodeRow],
    candidates: Sequence[Candidates],
    *,
    end_tokens: frozenset[int],
    token_budget: int = 8192,
    max_batch: int = 16,
) -> list[CandidateScores]:
    """Scores of `candidates[i]` after row i, in order. Rows are all given as ids or all as vectors."""
    reader = Reader(model, shared_prefix(rows))
    trees = [CandidateTree(row_candidates) for row_candidates in candidates]
    prefix = len(reader.prefix)

    def readable(batch: list[int]) -> int:
        batch = batch[: max(1, MAX_POSITIONS // max(len(trees[index]) for index in batch))]
        return len(next(length_groups([rows[index] for index in batch], prefix)))

    def score(batch: list[int]) -> list[CandidateScores]:
        return _score(reader, [rows[i] for i in batch], [trees[i] for i in batch], sorted(end_tokens))

    return in_batches(rows, score, token_budget=token_budget, max_batch=max_batch, readable=readable)


def _score(
    reader: Reader, rows: Sequence[DecodeRow], trees: Sequence[CandidateTree], end_tokens: Sequence[int]
) -> list[CandidateScores]:
    longest = max(row.length + max(tree.depths) for row, tree in zip(rows, trees, strict=True))
    if not _takes_trees(reader, longest):
        return [_score_nodes(reader, row, tree, end_tokens) for row, tree in zip(rows, trees, strict=True)]
    cache = reader.read_cache(rows)
    width = cache.get_seq_length()
    row_parts: list[list[tuple[list[int], CandidateScores]]] = [[] for _ in rows]
    # A tree of several parts is alone in its group.
    for together in zip(*[tree.parts(MAX_POSITIONS) for tree in trees], strict=True):
        scores = _read_trees(reader, rows, [part for _, part in together], cache, end_tokens)
        for parts, (places, _), part_scores in zip(row_parts, together, scores, strict=True):
            parts.append((places, part_scores))
        cache.crop(width - cache.get_seq_length())
    return [join_scores(parts) for parts in row_parts]


def _read_trees(
    reader: Reader,
    rows: Sequence[DecodeRow],
    trees: Sequence[CandidateTree],
    cache: DynamicCache,
    end_tokens: Sequence[int],
) -> list[CandidateScores]:
    """Scores from one forward over one tree per row; the trees' keys stay in `cache` behind the prompts."""
    size = max(len(tree) for tree in trees)
    following = [tree.tokens + [0] * (size - len(tree)) for tree in trees]
    depths = [tree.depths + [0] * (size - len(tree)) for tree in trees]
    positions = torch.tensor(depths) + torch.tensor([[row.length - 1] for row in rows])
    logits = reader.forward(
        **reader.last_inputs(rows, torch.tensor(following, dtype=torch.long, device=reader.model.device)),
        attention_mask=_mask(rows, trees, cache.get_seq_length(), reader.model),
        position_ids=positions.to(reader.model.device),
        past_key_values=cache,
        logits_to_keep=size,
    )
    return [
        tree.read_scores(row_logits[-size:][: len(tree)], end_tokens)
        for tree, row_logits in zip(trees, logits, strict=True)
    ]


def _mask(
    rows: Sequence[DecodeRow], trees: Sequence[CandidateTree], width: int, model: PreTrainedModel
) -> torch.Tensor:
    """`[rows, 1, nodes, width + nodes]`: 0 where a node may attend, the dtype's lowest number elsewhere."""
    size = max(len(tree) for tree in trees)
    visible = torch.zeros(len(rows), 1, size, width + size, dtype=torch.bool)
    visible[:, :, :, width:] = torch.eye(size, dtype=torch.bool)
    for index, (row, tree) in enumerate(zip(rows, trees, strict=True)):
        visible[index, :, :, : row.length - 1] = True
        visible[index, 0, : len(tree), width : width + len(tree)] = tree.visible()
    mask = torch.zeros(visible.shape, dtype=model.dtype).masked_fill(~visible, torch.finfo(model.dtype).min)
    return mask.to(model.device)


def _takes_trees(reader: Reader, longest: int) -> bool:
    """Whether the model follows positions and a mask of our making over inputs of this length."""
    config = reader.model.config
    window = getattr(config, "sliding_window", None)
    return (
        "position_ids" not in reader.unknown
        and not getattr(config, "alibi", False)
        and config._attn_implementation in TREE_ATTENTION
        and (window is None or longest <= window)
    )


def _score_nodes(
    reader: Reader, row: DecodeRow, tree: CandidateTree, end_tokens: Sequence[int]
) -> CandidateScores:
    """Scores as in `_read_trees`, from one full forward per node, for models that cannot read a tree."""
    scores = []
    for places, part in tree.parts(MAX_POSITIONS):
        logits = []
        for beginning in part.nodes:
            following = torch.tensor([beginning], dtype=torch.long, device=reader.model.device)
            if row.input_ids is not None:
                inputs: dict[str, Any] = {"input_ids": torch.cat([reader.ids([row.ids]), following], dim=1)}
            else:
                vectors = reader.model.get_input_embeddings()(following)
                inputs = {"inputs_embeds": torch.cat([row.embeds[None].to(vectors), vectors], dim=1)}
            logits.append(reader.forward(**inputs)[0, -1])
        scores.append((places, part.read_scores(torch.stack(logits), end_tokens)))
    return join_scores(scores)
