"""Answers of an encoder-decoder language model (Flan-T5) to prompts given as embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache, EncoderDecoderCache

from actors.models.decode_rows import Decoded, DecodeRow
from actors.models.sampling import pick_tokens
from actors.models.stopping import Stopping
from actors.models.text_generator import GenerationParams


@dataclass
class _Batch:
    """Rows that are decoded together: `hidden` `[rows, tokens, width]` is what the encoder read."""

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

    `token_budget` bounds the padded prompt tokens of a batch, `max_batch` its rows. Rows come as vectors.
    """

    def __init__(self, model: Any, *, token_budget: int, max_batch: int) -> None:
        self.model = model
        self.token_budget = token_budget
        self.max_batch = max_batch
        self.start = int(model.config.decoder_start_token_id)

    @torch.inference_mode()
    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """What the model writes for every row; each draws from its own stream."""
        results = [Decoded() for _ in rows]
        for batch in self._batches(rows):
            for step in range(params.max_new_tokens):
                seeds = [rows[row].seed for row in batch.rows]
                logits = self._forward(batch.last, batch.hidden, batch.mask, batch.cache)[:, -1]
                tokens, log_probs = pick_tokens(logits, params, seeds, [step] * len(seeds))
                going = [
                    place
                    for place, row in enumerate(batch.rows)
                    if self._goes_on(results[row], tokens[place], log_probs[place], stopping)
                ]
                batch.last = torch.tensor(tokens, device=batch.hidden.device)[:, None]
                if not going:
                    break
                if len(going) < len(batch.rows):
                    batch.keep(going)
        return results

    @staticmethod
    def _goes_on(result: Decoded, token: int, log_prob: float, stopping: Stopping) -> bool:
        result.new_tokens += 1
        result.logprob += log_prob
        result.finish_reason = "length"
        if token not in stopping.end_tokens:
            result.tokens.append(token)
            if not stopping.reached(result.tokens):
                return True
        result.finish_reason = "stop"
        return False

    @torch.inference_mode()
    def token_scores(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Sequence[int]]
    ) -> list[list[list[float]]]:
        """Per row and candidate the log-probability of each of its tokens; each prompt encoded once."""
        scores: list[list[list[float]]] = [[] for _ in rows]
        targets = pad_sequence([torch.tensor(list(ids)) for ids in candidates], batch_first=True)
        targets = targets.to(self.model.device)
        inputs = torch.cat([torch.full_like(targets[:, :1], self.start), targets[:, :-1]], dim=1)
        for batch in self._batches(rows):
            for place, row in enumerate(batch.rows):
                hidden = batch.hidden[place : place + 1].expand(len(candidates), -1, -1)
                mask = batch.mask[place : place + 1].expand(len(candidates), -1)
                log_probs = self._forward(inputs, hidden, mask).float().log_softmax(-1)
                found = log_probs.gather(2, targets[:, :, None])[:, :, 0].tolist()
                scores[row] = [line[: len(ids)] for line, ids in zip(found, candidates, strict=True)]
        return scores

    def _batches(self, rows: Sequence[DecodeRow]) -> Iterator[_Batch]:
        order = sorted(range(len(rows)), key=lambda row: -rows[row].length)
        while order:
            size = max(1, min(self.max_batch, self.token_budget // rows[order[0]].length))
            chosen, order = order[:size], order[size:]
            yield self._encode(chosen, [rows[row].embeds for row in chosen])

    def _encode(self, rows: list[int], prompts: list[torch.Tensor]) -> _Batch:
        embeds = pad_sequence(prompts, batch_first=True)
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=embeds.device)
        mask = (torch.arange(embeds.shape[1], device=embeds.device) < lengths[:, None]).long()
        hidden = self.model.get_encoder()(inputs_embeds=embeds, attention_mask=mask).last_hidden_state
        last = torch.full((len(rows), 1), self.start, device=embeds.device)
        return _Batch(rows, hidden, mask, last, EncoderDecoderCache(DynamicCache(), DynamicCache()))

    def _forward(
        self, ids: torch.Tensor, hidden: torch.Tensor, mask: torch.Tensor, cache: Any = None
    ) -> torch.Tensor:
        logits: torch.Tensor = self.model(
            decoder_input_ids=ids,
            encoder_outputs=(hidden,),
            attention_mask=mask,
            past_key_values=cache,
            use_cache=cache is not None,
        ).logits
        return logits


__all__ = ["Seq2SeqDecoder"]
