"""Decoders of prompts given as vectors: a decoder-only language model, or an encoder-decoder (Flan-T5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache, EncoderDecoderCache

from actors.models.decoding.batches import in_batches
from actors.models.decoding.candidate_tree import Candidates, CandidateScores, CandidateTree, join_scores
from actors.models.decoding.loop import decode
from actors.models.decoding.ranking import MAX_POSITIONS, score_candidates
from actors.models.decoding.rows import Decoded, DecodeRow, Stopping
from actors.models.decoding.sampling import pick_tokens
from actors.models.text_generator import GenerationParams


class EmbeddedCausal:
    """A decoder-only model; `token_budget` bounds a batch's rows x longest prompt, `max_batch` its rows."""

    def __init__(self, model: Any, *, token_budget: int, max_batch: int) -> None:
        self.model = model
        self.limits: dict[str, Any] = {"token_budget": token_budget, "max_batch": max_batch}

    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """New tokens per row, each row sampled from its own random stream."""
        return decode(self.model, rows, params, stopping=stopping, **self.limits)

    def score(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Candidates], end_tokens: frozenset[int]
    ) -> list[CandidateScores]:
        """Scores of `candidates[i]` after row i; each prompt read once."""
        return score_candidates(self.model, rows, candidates, end_tokens=end_tokens, **self.limits)


@dataclass
class _Batch:
    """Rows that are decoded together: `hidden` `[rows, tokens, width]` is the encoder's output."""

    rows: list[int]
    hidden: torch.Tensor
    mask: torch.Tensor
    last: torch.Tensor
    cache: EncoderDecoderCache

    def keep(self, places: list[int]) -> None:
        index = torch.tensor(places, device=self.hidden.device)
        self.rows = [self.rows[place] for place in places]
        self.hidden, self.mask, self.last = self.hidden[index], self.mask[index], self.last[index]
        self.cache.batch_select_indices(index)


class Seq2SeqDecoder:
    """The encoder reads each prompt once, and a row that has ended leaves its batch.

    `token_budget` bounds rows x longest prompt of a model batch, `max_batch` its rows. Rows come as
    vectors. When a GPU runs out of memory, the batch is halved and starts again.
    """

    def __init__(self, model: Any, *, token_budget: int, max_batch: int) -> None:
        self.model = model
        self.limits: dict[str, Any] = {"token_budget": token_budget, "max_batch": max_batch}
        self.start = int(model.config.decoder_start_token_id)

    @torch.inference_mode()
    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """New tokens per row, each row sampled from its own random stream."""
        return in_batches(
            rows, lambda batch: self._decode([rows[row] for row in batch], params, stopping), **self.limits
        )

    def _decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        results = [Decoded() for _ in rows]
        batch = self._encode(rows)
        for step in range(params.max_new_tokens):
            seeds = [rows[row].seed for row in batch.rows]
            logits = self._forward(batch.last, batch.hidden, batch.mask, batch.cache)[:, -1]
            tokens, log_probs = pick_tokens(logits, params, seeds, [step] * len(seeds))
            going = [
                place
                for place, row in enumerate(batch.rows)
                if not results[row].take(tokens[place], log_probs[place], stopping, params.max_new_tokens)
            ]
            if not going:
                break
            batch.last = torch.tensor(tokens, device=batch.hidden.device)[:, None]
            if len(going) < len(batch.rows):
                batch.keep(going)
        return results

    @torch.inference_mode()
    def score(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Candidates], end_tokens: frozenset[int]
    ) -> list[CandidateScores]:
        """Scores of `candidates[i]` after row i; each prompt encoded once."""

        def score(chosen: list[int]) -> list[CandidateScores]:
            batch = self._encode([rows[row] for row in chosen])
            trees = [CandidateTree(candidates[row]) for row in chosen]
            return [
                join_scores(
                    (places, part.read_scores(self._node_logits(part, batch, line), sorted(end_tokens)))
                    for places, part in tree.parts(MAX_POSITIONS)
                )
                for line, tree in enumerate(trees)
            ]

        return in_batches(rows, score, **self.limits)

    def _node_logits(self, tree: CandidateTree, batch: _Batch, place: int) -> torch.Tensor:
        """Next-token logits `[nodes, vocabulary]` after every node of `tree`, from one forward."""
        device = batch.hidden.device
        inner = {beginning[:-1] for beginning in tree.nodes if beginning}
        paths = [beginning for beginning in tree.nodes if beginning not in inner]
        longest = 1 + max(map(len, paths))
        inputs = torch.zeros(len(paths), longest, dtype=torch.long, device=device)
        where: dict[int, tuple[int, int]] = {}
        for line, path in enumerate(paths):
            inputs[line, : len(path) + 1] = torch.tensor([self.start, *path], device=device)
            for length in range(len(path) + 1):
                where[tree.nodes[path[:length]]] = (line, length)
        hidden = batch.hidden[place].expand(len(inputs), -1, -1)
        logits = self._forward(inputs, hidden, batch.mask[place].expand(len(inputs), -1))
        lines, lengths = zip(*(where[node] for node in range(len(tree))), strict=True)
        return logits[list(lines), list(lengths)]

    def _encode(self, rows: Sequence[DecodeRow]) -> _Batch:
        embeds = pad_sequence([row.embeds for row in rows], batch_first=True)
        lengths = torch.tensor([row.length for row in rows], device=embeds.device)
        mask = (torch.arange(embeds.shape[1], device=embeds.device) < lengths[:, None]).long()
        hidden = self.model.get_encoder()(inputs_embeds=embeds, attention_mask=mask).last_hidden_state
        last = torch.full((len(rows), 1), self.start, device=embeds.device)
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        return _Batch(list(range(len(rows))), hidden, mask, last, cache)

    def _forward(
        self, ids: torch.Tensor, hidden: torch.Tensor, mask: torch.Tensor, cache: Any = None
    ) -> torch.Tensor:
        return self.model(
            decoder_input_ids=ids,
            encoder_outputs=(hidden,),
            attention_mask=mask,
            past_key_values=cache,
            use_cache=cache is not None,
        ).logits
