"""Answers of an encoder-decoder language model (Flan-T5) over prompts given as embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache, EncoderDecoderCache

# (rows, step, raw logits `[rows, vocabulary]`) -> one token id and its log-probability per row.
Pick = Callable[[list[int], int, torch.Tensor], tuple[list[int], list[float]]]


@dataclass
class Answer:
    """New token ids (with the end token), `stop` or `length`, and their summed log-probability."""

    ids: list[int] = field(default_factory=list)
    finish_reason: str = "length"
    logprob: float = 0.0


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
    """The encoder reads each prompt `[tokens, width]` once; a row that has ended leaves its batch.

    `token_budget` bounds the padded prompt tokens of a batch, `max_batch` its rows.
    """

    def __init__(self, language_model: Any, *, token_budget: int, max_batch: int) -> None:
        self.model = language_model
        self.token_budget = token_budget
        self.max_batch = max_batch
        self.start = int(language_model.config.decoder_start_token_id)
        self.end = int(language_model.config.eos_token_id)

    @torch.inference_mode()
    def decode(
        self,
        prompts: Sequence[torch.Tensor],
        max_new_tokens: int,
        pick: Pick,
        stopped: Callable[[list[int]], bool] = lambda ids: False,
    ) -> list[Answer]:
        """One answer per prompt; `pick` chooses every token and `stopped` may end a row early."""
        answers = [Answer() for _ in prompts]
        for batch in self._batches(prompts):
            for step in range(max_new_tokens):
                ids, logprobs = pick(batch.rows, step, self._step(batch))
                going = []
                for place, row in enumerate(batch.rows):
                    answer = answers[row]
                    answer.ids.append(ids[place])
                    answer.logprob += logprobs[place]
                    if answer.ids[-1] == self.end or stopped(answer.ids):
                        answer.finish_reason = "stop"
                    else:
                        going.append(place)
                if not going:
                    break
                batch.last = torch.tensor(ids, device=batch.hidden.device).unsqueeze(1)
                if len(going) < len(batch.rows):
                    batch.keep(going)
        return answers

    def constrain(self, prompts: Sequence[torch.Tensor], candidates: Sequence[Sequence[int]]) -> list[Answer]:
        """Per prompt the greedy path through the candidates, each closed by the end token."""
        paths = [[*ids, self.end] for ids in candidates]
        written: list[list[int]] = [[] for _ in prompts]

        def pick(rows: list[int], step: int, logits: torch.Tensor) -> tuple[list[int], list[float]]:
            chosen, logprobs = [], []
            for row, log_p in zip(rows, logits.log_softmax(-1), strict=True):
                allowed = sorted({path[step] for path in paths if path[:step] == written[row]})
                best = int(log_p[allowed].argmax())
                written[row].append(allowed[best])
                chosen.append(allowed[best])
                logprobs.append(float(log_p[allowed[best]]))
            return chosen, logprobs

        return self.decode(prompts, max(map(len, paths)), pick)

    @torch.inference_mode()
    def score(
        self, prompts: Sequence[torch.Tensor], candidates: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Per prompt the summed log-probability of every candidate's tokens."""
        scores: list[list[float]] = [[] for _ in prompts]
        targets = pad_sequence([torch.tensor(ids) for ids in candidates], batch_first=True, padding_value=-1)
        targets = targets.to(self.model.device)
        inputs = torch.cat([torch.full_like(targets[:, :1], self.start), targets[:, :-1].clamp(min=0)], dim=1)
        for batch in self._batches(prompts):
            for place, row in enumerate(batch.rows):
                hidden = batch.hidden[place : place + 1].expand(len(candidates), -1, -1)
                mask = batch.mask[place : place + 1].expand(len(candidates), -1)
                logits = self._forward(inputs, hidden, mask).logits.float()
                found = logits.log_softmax(-1).gather(2, targets.clamp(min=0).unsqueeze(2)).squeeze(2)
                scores[row] = found.masked_fill(targets < 0, 0.0).sum(1).tolist()
        return scores

    def _batches(self, prompts: Sequence[torch.Tensor]) -> Iterator[_Batch]:
        order = sorted(range(len(prompts)), key=lambda row: -len(prompts[row]))
        while order:
            size = max(1, min(self.max_batch, self.token_budget // len(prompts[order[0]])))
            rows, order = order[:size], order[size:]
            yield self._encode(rows, [prompts[row] for row in rows])

    def _encode(self, rows: list[int], prompts: list[torch.Tensor]) -> _Batch:
        embeds = pad_sequence(prompts, batch_first=True)
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=embeds.device)
        mask = (torch.arange(embeds.shape[1], device=embeds.device) < lengths.unsqueeze(1)).long()
        hidden = self.model.get_encoder()(inputs_embeds=embeds, attention_mask=mask).last_hidden_state
        last = torch.full((len(rows), 1), self.start, device=embeds.device)
        return _Batch(rows, hidden, mask, last, EncoderDecoderCache(DynamicCache(), DynamicCache()))

    def _step(self, batch: _Batch) -> torch.Tensor:
        out = self._forward(batch.last, batch.hidden, batch.mask, cache=batch.cache)
        return out.logits[:, -1].float()

    def _forward(self, ids: torch.Tensor, hidden: torch.Tensor, mask: torch.Tensor, cache: Any = None) -> Any:
        return self.model(
            decoder_input_ids=ids,
            encoder_outputs=(hidden,),
            attention_mask=mask,
            past_key_values=cache,
            use_cache=cache is not None,
        )


__all__ = ["Answer", "Pick", "Seq2SeqDecoder"]
