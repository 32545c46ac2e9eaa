"""Text from a decoder-only model: a batch in which finished rows leave and waiting rows take their place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

from actors.models.decoding.batches import halve_until_it_fits
from actors.models.decoding.prefill import Reader, length_groups, shared_prefix
from actors.models.decoding.rows import Decoded, DecodeRow, Stopping
from actors.models.decoding.sampling import pick_tokens
from actors.models.decoding.slot_cache import SlotCache
from actors.models.text_generator import GenerationParams


@torch.inference_mode()
def decode(
    model: PreTrainedModel,
    rows: Sequence[DecodeRow],
    params: GenerationParams,
    *,
    stopping: Stopping,
    token_budget: int = 8192,
    max_batch: int = 16,
    reader: Reader | None = None,
) -> list[Decoded]:
    """The new tokens of every row, in order.

    Rows are all given as token ids or all as vectors. A newcomer is let in while rows x longest row stays
    within `token_budget`; the batch may outgrow it by what its rows then write. When a GPU runs out of
    memory, budget and batch are halved and the unfinished rows start again. `reader` is for models with
    inputs beside tokens, such as pictures.
    """
    reader = reader or Reader(model, shared_prefix(rows))
    results: dict[int, Decoded] = {}

    def run(size: int) -> None:
        _Batch(reader, rows, params, stopping, token_budget * size // max_batch, size).run(results)

    halve_until_it_fits(run, max_batch)
    return [results[index] for index in range(len(rows))]


@dataclass
class SeenNgrams:
    """The n-grams of `size` tokens in a growing text, prompt included as in transformers."""

    size: int
    tokens: list[int] = field(default_factory=list)
    _next: dict[tuple[int, ...], set[int]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, size: int, tokens: Iterable[int]) -> SeenNgrams:
        """The n-grams of `tokens`."""
        ngrams = cls(size)
        for token in tokens:
            ngrams.add(token)
        return ngrams

    def add(self, token: int) -> None:
        """Takes one more token at the end of the text."""
        if len(self.tokens) >= self.size - 1:
            self._next.setdefault(self._ending(), set()).add(token)
        self.tokens.append(token)

    def banned(self) -> Sequence[int]:
        """Tokens that would complete an n-gram which the text holds already."""
        if len(self.tokens) < self.size - 1:
            return ()
        return sorted(self._next.get(self._ending(), ()))

    def _ending(self) -> tuple[int, ...]:
        return tuple(self.tokens[len(self.tokens) - self.size + 1 :])


@dataclass
class _Running:
    """A row that holds a slot of the cache; `last_token` is what the model reads next."""

    index: int
    row: DecodeRow
    limit: int
    last_token: int
    ngrams: SeenNgrams | None = None
    result: Decoded = field(default_factory=Decoded)


@dataclass
class _Batch:
    reader: Reader
    rows: Sequence[DecodeRow]
    params: GenerationParams
    stopping: Stopping
    token_budget: int
    max_batch: int

    def run(self, results: dict[int, Decoded]) -> None:
        """Adds the result of every row that is not in `results` yet."""
        todo = [index for index in range(len(self.rows)) if index not in results]
        # Longest last, because they are popped: neighbours in a batch then have similar lengths.
        self.waiting = sorted(todo, key=lambda index: self.rows[index].length)
        self.running: list[_Running] = []
        self.cache = SlotCache(min(self.max_batch, len(todo)))
        while self.waiting or self.running:
            self._refill()
            for slot in reversed(self._step()):
                finished = self.running[slot]
                results[finished.index] = finished.result
                self.cache.remove(slot)
                self.running[slot] = self.running[-1]
                self.running.pop()

    def _refill(self) -> None:
        free = self.max_batch - len(self.running)
        # One prefill for a few newcomers is cheaper than one each.
        if self.running and free < max(1, self.max_batch // 8):
            return
        newcomers: list[int] = []
        while self.waiting and len(newcomers) < free and self._fits(len(newcomers)):
            newcomers.append(self.waiting.pop())
        self.running += [self._start(index) for index in newcomers]
        for rows in length_groups([self.rows[index] for index in newcomers], len(self.reader.prefix)):
            self.cache.insert(self.reader.read(rows), [row.length - 1 for row in rows])

    def _fits(self, newcomers: int) -> bool:
        rows = len(self.running) + newcomers
        width = max(self.cache.width + 1, self.rows[self.waiting[-1]].length)
        return rows == 0 or (rows + 1) * width <= self.token_budget

    def _start(self, index: int) -> _Running:
        row = self.rows[index]
        last = row.input_ids[-1] if row.input_ids is not None else 0
        ngrams = None
        if self.params.no_repeat_ngram:
            ngrams = SeenNgrams.of(self.params.no_repeat_ngram, row.input_ids or ())
        return _Running(index, row, row.limit(self.params.max_new_tokens), last, ngrams)

    def _step(self) -> list[int]:
        """One more token for every running row; the slots of those that are finished, ascending."""
        logits = self._forward()
        seeds = [running.row.seed for running in self.running]
        steps = [running.result.new_tokens for running in self.running]
        banned = [running.ngrams.banned() for running in self.running if running.ngrams is not None]
        tokens, log_probs = pick_tokens(logits, self.params, seeds, steps, banned=banned)
        finished = []
        for slot, (running, token, log_prob) in enumerate(zip(self.running, tokens, log_probs, strict=True)):
            running.last_token = token
            if running.ngrams is not None:
                running.ngrams.add(token)
            if running.result.take(token, log_prob, self.stopping, running.limit):
                finished.append(slot)
        return finished

    def _forward(self) -> torch.Tensor:
        device = self.reader.model.device
        self.cache.before_step()
        logits = self.reader.forward(
            [running.row for running in self.running],
            self.cache.lengths,
            **self._inputs(device),
            attention_mask=self.cache.mask(device),
            position_ids=torch.tensor(self.cache.lengths, device=device)[:, None],
            past_key_values=self.cache,
        )
        self.cache.after_step()
        return logits[:, -1]

    def _inputs(self, device: torch.device) -> dict[str, torch.Tensor]:
        ids = torch.tensor([[running.last_token] for running in self.running], device=device)
        fresh = [
            (slot, running.row.embeds[-1])
            for slot, running in enumerate(self.running)
            if running.row.input_ids is None and running.result.new_tokens == 0
        ]
        if not fresh:
            return {"input_ids": ids}
        vectors = self.reader.model.get_input_embeddings()(ids)
        for slot, vector in fresh:
            vectors[slot, 0] = vector.to(vectors)
        return {"inputs_embeds": vectors}
