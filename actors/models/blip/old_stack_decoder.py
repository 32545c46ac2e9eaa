"""Decoding with LAVIS's own OPT and T5 under transformers 4.26, in LAVIS's own environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from actors.models.decoding.candidate_tree import Candidates, CandidateScores, CandidateTree
from actors.models.decoding.rows import Decoded, DecodeRow
from actors.models.decoding.sampling import pick_tokens
from actors.models.decoding.stopping import Stopping
from actors.models.text_generator import GenerationParams


class OldStackDecoder:
    """One row at a time, with the cache of that time; same tokens as the decoders of the main environment.

    Slow, and meant for comparisons with LAVIS as it was published.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.is_seq2seq = bool(model.config.is_encoder_decoder)

    @torch.inference_mode()
    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """What the model writes for every row; each draws from its own stream."""
        return [self._decode(row, params, stopping) for row in rows]

    def _decode(self, row: DecodeRow, params: GenerationParams, stopping: Stopping) -> Decoded:
        result = Decoded(finish_reason="length")
        limit = params.max_new_tokens
        inputs, past = self._read(row), None
        for step in range(limit if row.max_new_tokens is None else min(limit, row.max_new_tokens)):
            out = self.model(**inputs, past_key_values=past, use_cache=True)
            past = out.past_key_values
            [token], [log_prob] = pick_tokens(out.logits[:, -1], params, [row.seed], [step])
            result.new_tokens += 1
            result.logprob += log_prob
            if token not in stopping.end_tokens:
                result.tokens.append(token)
            if token in stopping.end_tokens or stopping.reached(result.tokens):
                result.finish_reason = "stop"
                break
            inputs = self._next(inputs, token)
        return result

    @torch.inference_mode()
    def score(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Candidates], end_tokens: frozenset[int]
    ) -> list[CandidateScores]:
        """Scores of `candidates[i]` after row i."""
        trees = [CandidateTree(row_candidates) for row_candidates in candidates]
        return [
            tree.read_scores(self._node_logits(row, tree), sorted(end_tokens))
            for row, tree in zip(rows, trees, strict=True)
        ]

    def _node_logits(self, row: DecodeRow, tree: CandidateTree) -> torch.Tensor:
        """`[nodes, vocabulary]`: what follows every beginning of a candidate."""
        logits: dict[tuple[int, ...], torch.Tensor] = {}
        for candidate in tree.candidates:
            inputs, past = self._read(row), None
            for length, token in enumerate(candidate):
                out = self.model(**inputs, past_key_values=past, use_cache=True)
                past = out.past_key_values
                logits[candidate[:length]] = out.logits[0, -1]
                inputs = self._next(inputs, token)
        return torch.stack([logits[beginning] for beginning in tree.nodes])

    def _read(self, row: DecodeRow) -> dict[str, Any]:
        """What the model is called with for the first token."""
        embeds = row.embeds[None]
        mask = torch.ones(embeds.shape[:2], dtype=torch.long, device=embeds.device)
        if not self.is_seq2seq:
            return {"inputs_embeds": embeds, "attention_mask": mask}
        encoded = self.model.get_encoder()(inputs_embeds=embeds, attention_mask=mask)
        start = torch.tensor([[self.model.config.decoder_start_token_id]], device=embeds.device)
        return {"encoder_outputs": encoded, "attention_mask": mask, "decoder_input_ids": start}

    def _next(self, inputs: dict[str, Any], token: int) -> dict[str, Any]:
        mask = inputs["attention_mask"]
        ids = torch.tensor([[token]], device=mask.device)
        if self.is_seq2seq:
            return inputs | {"decoder_input_ids": ids}
        return {"input_ids": ids, "attention_mask": torch.cat([mask, mask[:, :1]], dim=1)}
