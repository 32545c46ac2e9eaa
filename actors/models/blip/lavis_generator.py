"""BLIP-2 through salesforce-lavis: its models and its processors, with our decoding."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch

from actors.base import BadRow
from actors.compat.lavis import on_old_stack
from actors.models.blip.lavis_checkpoint import LavisBlip2, load_lavis_blip2
from actors.models.blip.lavis_config import check_generates
from actors.models.blip.prompts import PromptEmbedder
from actors.models.blip.soft_prompt_generator import T5_CONTEXT, Decoder, SoftPromptGenerator
from actors.models.decoding.stopping import end_tokens
from actors.models.weights.open_picture import open_picture

PICTURES_PER_BATCH = 8


class Blip2LavisGenerator(SoftPromptGenerator):
    """BLIP-2 over OPT or Flan-T5 from `lavis:ARCH/MODEL_TYPE` or a folder (see lavis_config).

    The picture becomes 32 soft tokens that, unlike InstructBLIP's, do not depend on the instruction;
    each distinct picture is encoded once. With `use_images=False`, or without a picture, there are none.
    Everything runs in one dtype; LAVIS itself mixes fp16, bf16 and fp32 on a GPU.

    Bad rows: `unreadable_image`, `image_too_large`, `too_many_images`, `too_long`, `empty_prompt`,
    `unknown_token`.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        dtype: str = "auto",
        device: str = "auto",
        token_budget: int = 8192,
        max_batch: int | None = None,
        use_images: bool = True,
    ) -> None:
        place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        on_gpu = place.startswith("cuda")
        kind = getattr(torch, ("bfloat16" if on_gpu else "float32") if dtype == "auto" else dtype)
        loaded = load_lavis_blip2(checkpoint, dtype=kind, device=place)
        check_generates(loaded.arch)
        model = loaded.model
        self.use_images = use_images
        self.batch_invariant = kind == torch.float32
        self.is_seq2seq = loaded.arch == "blip2_t5"
        language_model = model.t5_model if self.is_seq2seq else model.opt_model
        self.tokenizer = model.t5_tokenizer if self.is_seq2seq else model.opt_tokenizer
        self.context = T5_CONTEXT if self.is_seq2seq else language_model.config.max_position_embeddings
        limits = {"token_budget": token_budget, "max_batch": max_batch or (32 if on_gpu else 16)}
        self.decoder = _decoder(language_model, seq2seq=self.is_seq2seq, **limits)
        parts = SimpleNamespace(query_tokens=model.query_tokens, language_model=language_model)
        self.embedder = PromptEmbedder(parts, self.tokenizer, PictureTokens(loaded), context=self.context)
        # LAVIS ends an OPT's answer at the newline that closed every caption in training.
        end = int(self.tokenizer.eos_token_id if self.is_seq2seq else model.eos_token_id)
        self.end_tokens = end_tokens(language_model.generation_config, self.tokenizer) | {end}


class PictureTokens:
    """LAVIS's vision model, Q-Former and projection."""

    def __init__(self, loaded: LavisBlip2) -> None:
        self.loaded = loaded
        self.project = loaded.model.t5_proj if loaded.arch == "blip2_t5" else loaded.model.opt_proj

    @torch.inference_mode()
    def encode(self, pictures: Sequence[bytes], texts: Sequence[str]) -> list[torch.Tensor | BadRow]:
        """For every row `[queries, width of the language model]`, or why its picture cannot be read.

        `texts` are not looked at: this Q-Former sees the picture alone.
        """
        keys = [hashlib.sha256(picture).digest() for picture in pictures]
        distinct = dict(zip(keys, pictures, strict=True))
        encoded: dict[bytes, torch.Tensor | BadRow] = {}
        readable: dict[bytes, torch.Tensor] = {}
        for key, picture in distinct.items():
            try:
                readable[key] = self.loaded.transform(open_picture(picture))
            except BadRow as bad:
                encoded[key] = bad
            if len(readable) == PICTURES_PER_BATCH:
                encoded |= self._encode(readable)
                readable = {}
        if readable:
            encoded |= self._encode(readable)
        return [encoded[key] for key in keys]

    def _encode(self, pixels: dict[bytes, torch.Tensor]) -> dict[bytes, torch.Tensor | BadRow]:
        model = self.loaded.model
        batch = torch.stack(list(pixels.values())).to(model.query_tokens)
        features = model.ln_vision(model.visual_encoder(batch))
        seen = torch.ones(features.shape[:-1], dtype=torch.long, device=features.device)
        out = model.Qformer.bert(
            query_embeds=model.query_tokens.expand(len(features), -1, -1),
            encoder_hidden_states=features,
            encoder_attention_mask=seen,
            return_dict=True,
        )
        return dict(zip(pixels, self.project(out.last_hidden_state), strict=True))


def _decoder(language_model: Any, *, seq2seq: bool, token_budget: int, max_batch: int) -> Decoder:
    if on_old_stack():
        from actors.models.blip.old_stack_decoder import OldStackDecoder

        return OldStackDecoder(language_model)
    from actors.models.decoding.embedded import EmbeddedCausal, Seq2SeqDecoder

    decoder = Seq2SeqDecoder if seq2seq else EmbeddedCausal
    return decoder(language_model, token_budget=token_budget, max_batch=max_batch)
