"""BLIP-2 through salesforce-lavis: its models and its processors, with our decoding."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch

from actors.base import BadRow
from actors.compat.lavis import on_old_stack
from actors.models.blip.lavis_checkpoint import LavisBlip2, load_lavis_blip2
from actors.models.blip.lavis_config import check_generates
from actors.models.blip.soft_prompt_generator import T5_CONTEXT, Decoder, PromptEmbedder, SoftPromptGenerator
from actors.models.decoding.candidate_tree import Candidates, CandidateScores, CandidateTree
from actors.models.decoding.rows import Decoded, DecodeRow, Stopping, end_tokens
from actors.models.decoding.sampling import pick_tokens
from actors.models.text_generator import GenerationParams
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
        """Per row soft tokens `[queries, width of the language model]`; a BadRow for an unreadable picture.

        `texts` are not looked at: this Q-Former sees the picture alone.
        """
        encoded: dict[bytes, torch.Tensor | BadRow] = {}
        readable: dict[bytes, torch.Tensor] = {}
        for picture in dict.fromkeys(pictures):
            try:
                readable[picture] = self.loaded.transform(open_picture(picture))
            except BadRow as bad:
                encoded[picture] = bad
            if len(readable) == PICTURES_PER_BATCH:
                encoded |= self._encode(readable)
                readable = {}
        if readable:
            encoded |= self._encode(readable)
        return [encoded[picture] for picture in pictures]

    def _encode(self, pixels: dict[bytes, torch.Tensor]) -> dict[bytes, torch.Tensor | BadRow]:
        model = self.loaded.model
        batch = torch.stack(list(pixels.values())).to(model.query_tokens)
        features = model.ln_vision(model.visual_encoder(batch))
        mask = torch.ones(features.shape[:-1], dtype=torch.long, device=features.device)
        out = model.Qformer.bert(
            query_embeds=model.query_tokens.expand(len(features), -1, -1),
            encoder_hidden_states=features,
            encoder_attention_mask=mask,
            return_dict=True,
        )
        return dict(zip(pixels, self.project(out.last_hidden_state), strict=True))


def _decoder(language_model: Any, *, seq2seq: bool, token_budget: int, max_batch: int) -> Decoder:
    if on_old_stack():
        return OldStackDecoder(language_model)
    from actors.models.decoding.embedded import EmbeddedCausal, Seq2SeqDecoder

    decoder = Seq2SeqDecoder if seq2seq else EmbeddedCausal
    return decoder(language_model, token_budget=token_budget, max_batch=max_batch)


class OldStackDecoder:
    """One row at a time, with the cache of transformers 4.26; same tokens as the main environment's decoders.

    Slow, and meant for comparisons with LAVIS as it was published.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.is_seq2seq = bool(model.config.is_encoder_decoder)

    @torch.inference_mode()
    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """New tokens per row, each row sampled from its own random stream."""
        return [self._decode(row, params, stopping) for row in rows]

    def _decode(self, row: DecodeRow, params: GenerationParams, stopping: Stopping) -> Decoded:
        result, limit = Decoded(), row.limit(params.max_new_tokens)
        inputs, past = self._read(row), None
        while not result.finish_reason:
            out = self.model(**inputs, past_key_values=past, use_cache=True)
            past = out.past_key_values
            [token], [log_prob] = pick_tokens(out.logits[:, -1], params, [row.seed], [result.new_tokens])
            result.take(token, log_prob, stopping, limit)
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
        """Next-token logits `[nodes, vocabulary]` after every node of `tree`."""
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
        """Keyword arguments of the model's first call, whose logits give the first new token."""
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
