"""Text from a Flamingo: every picture encoded once, prompts of like lengths together, no slot left empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from actors.base import BadRow, row_seed
from actors.models.decoding.grouped_attention import share_keys
from actors.models.decoding.loop import decode
from actors.models.decoding.rows import Decoded, Stopping, end_tokens
from actors.models.decoding.tokens import Fitted, PromptTokens
from actors.models.flamingo.assembly import Flamingo
from actors.models.flamingo.config import PICTURE
from actors.models.flamingo.lora import merge_lora
from actors.models.flamingo.media import KeysAndValues, picture_keys
from actors.models.flamingo.rows import PictureReader, PictureRow, picture_row, prefix_worth_sharing
from actors.models.text_generator import (
    IMAGE_COUNT,
    TOO_LONG,
    Generation,
    GenerationParams,
    Prompt,
    check_params,
)
from actors.models.weights.open_picture import UNREADABLE_IMAGE
from actors.models.weights.packed_linears import PackedLinears

DEFAULT_BATCH, PICTURE_BATCH = 32, 16


class FlamingoGenerator:
    """A loaded Flamingo that writes. In float32 a row's text does not depend on its batch.

    Adapters are merged into the weights first. `token_budget` bounds rows x longest prompt of a model
    batch, `max_batch` its rows. All pictures of one `generate` call stay in memory as the cross-attention's
    keys and values: 1 MB each for the 9B shape in bfloat16.
    """

    def __init__(self, flamingo: Flamingo, *, token_budget: int = 8192, max_batch: int | None = None) -> None:
        merge_lora(flamingo.language_model)
        share_keys(flamingo.language_model)
        self.flamingo, self.packed = flamingo, PackedLinears(flamingo.model)
        self.tokenizer, self.context = flamingo.tokenizer, flamingo.context
        self.tokens = PromptTokens(self.tokenizer, self.context)
        self.end_tokens = end_tokens(flamingo.language_model.generation_config, self.tokenizer)
        self.limits: dict[str, Any] = {"token_budget": token_budget, "max_batch": max_batch or DEFAULT_BATCH}
        self.batch_invariant = flamingo.language_model.dtype == torch.float32

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        """One text per prompt, special tokens left out; the row's seed is `row_seed(params.seed, id)`.

        Pictures stand at the prompt's `<image>` marks, in their order. A prompt whose marks are not as many
        as its pictures, whose picture cannot be read or that is too long is a BadRow. At least
        `max_new_tokens` or a quarter of the context, whichever is less, stays free for the answer; the
        document may be cut for that.
        """
        check_params(params)
        with self.packed:
            return self._generate(prompts, params)

    def _generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        reserve = min(params.max_new_tokens, self.context // 4)
        fitted = list(map(_check_marks, prompts, self.tokens.fit(prompts, reserve)))
        good = [prompt for prompt, fit in zip(prompts, fitted, strict=True) if isinstance(fit, Fitted)]
        table = self._pictures(picture for prompt in good for picture in prompt.images)
        fitted = [table.refuse(prompt, fit) for prompt, fit in zip(prompts, fitted, strict=True)]
        rows = [
            self._row(fit, prompt, table, params.seed)
            for prompt, fit in zip(prompts, fitted, strict=True)
            if isinstance(fit, Fitted)
        ]
        stopping = Stopping(self.tokenizer, self.end_tokens, params.stop)
        decoded = iter(self._decode(rows, table, params, stopping))
        return [
            next(decoded).generation(fit, stopping, len(fit.ids)) if isinstance(fit, Fitted) else fit
            for fit in fitted
        ]

    def _row(self, fit: Fitted, prompt: Prompt, table: _Pictures, seed: int) -> PictureRow:
        return picture_row(
            fit.id,
            fit.ids,
            pictures=[table.numbers[content] for content in prompt.images],
            media_token=self.flamingo.media_token,
            mode=self.flamingo.config.media_attention,
            seed=row_seed(seed, fit.id),
            limit=self.context - len(fit.ids),
        )

    def _decode(
        self, rows: Sequence[PictureRow], table: _Pictures, params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        model = self.flamingo.language_model
        prefix = prefix_worth_sharing(rows) if len(rows) > 1 else ()
        reader = PictureReader(model, prefix, attention=self.flamingo.layers, table=table.keys, rows=rows)
        try:
            return decode(model, rows, params, stopping=stopping, reader=reader, **self.limits)
        finally:
            model.clear_conditioned_layers()

    def _pictures(self, contents: Iterator[bytes]) -> _Pictures:
        """Every distinct picture, encoded once."""
        numbers: dict[bytes, int] = {}
        bad: dict[bytes, BadRow] = {}
        pixels: list[torch.Tensor] = []
        for content in dict.fromkeys(contents):
            try:
                pixels.append(self.flamingo.transform(content))
                numbers[content] = len(numbers)
            except OSError as error:
                bad[content] = BadRow(UNREADABLE_IMAGE, f"a picture of {len(content)} bytes: {error}")
        return _Pictures(numbers, bad, self._keys(pixels))

    def _keys(self, pixels: list[torch.Tensor]) -> dict[int, KeysAndValues]:
        if not pixels:
            return {}
        weight, encode = self.flamingo.model.perceiver.latents, self.flamingo.encode_pictures
        groups = [pixels[start : start + PICTURE_BATCH] for start in range(0, len(pixels), PICTURE_BATCH)]
        latents = torch.cat([encode(torch.stack(group).to(weight)) for group in groups])
        blocks = self.flamingo.language_model.gated_cross_attn_layers
        places = [layer.position for layer in self.flamingo.layers]
        return {place: picture_keys(blocks[place], latents) for place in places}


@dataclass(frozen=True)
class _Pictures:
    numbers: Mapping[bytes, int]
    bad: Mapping[bytes, BadRow]
    keys: Mapping[int, KeysAndValues]

    def refuse(self, prompt: Prompt, fit: Fitted | BadRow) -> Fitted | BadRow:
        if isinstance(fit, BadRow):
            return fit
        return next((self.bad[content] for content in prompt.images if content in self.bad), fit)


def _check_marks(prompt: Prompt, fit: Fitted | BadRow) -> Fitted | BadRow:
    if isinstance(fit, BadRow):
        return fit
    marks, pictures = prompt.text.count(PICTURE), len(prompt.images)
    if marks != pictures:
        return BadRow(IMAGE_COUNT, f"the prompt has {marks} {PICTURE} marks for {pictures} pictures")
    if fit.text.count(PICTURE) != pictures:
        return BadRow(TOO_LONG, f"cutting the document would cut one of its {PICTURE} marks")
    return fit
