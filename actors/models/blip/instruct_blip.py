"""InstructBLIP: a picture and an instruction in, text out (paper A §3.1, Figure 1)."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from transformers import AutoTokenizer, InstructBlipForConditionalGeneration

from actors.base import BadRow
from actors.models.blip.soft_prompt_generator import T5_CONTEXT, PromptEmbedder, SoftPromptGenerator
from actors.models.decoding.embedded import EmbeddedCausal, Seq2SeqDecoder
from actors.models.decoding.rows import end_tokens
from actors.models.weights.checkpoints import DTYPES, find_checkpoint
from actors.models.weights.open_picture import open_picture


class InstructBlipGenerator(SoftPromptGenerator):
    """InstructBLIP over a Llama (Vicuna v1.1) or a Flan-T5, through transformers.

    The picture, resized to 224 x 224 (paper A's "224x244" is a misprint), becomes 256 patches and CLS =
    257 tokens of EVA-CLIP ViT-g/14 (paper A's "ViT-G/14"). The Q-Former reads them together with the
    instruction (its last 128 tokens) and gives 32 x 768 values, which a linear layer takes to the
    language model's width; these soft tokens stand before the prompt. The prompt is raw, also for the
    Vicuna inside. With `use_images=False`, or for a prompt without picture, there are no soft tokens
    and everything else stays the same: paper A's unimodal run.

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
        place = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
        on_gpu = place.type == "cuda"
        kind = (torch.bfloat16 if on_gpu else torch.float32) if dtype == "auto" else DTYPES[dtype]
        model, self.tokenizer, qformer_tokenizer = _load(checkpoint, kind)
        model = model.to(place).eval()
        self.model = model
        self.use_images = use_images
        self.batch_invariant = kind == torch.float32
        self.is_seq2seq = not model.config.use_decoder_only_language_model
        limits = {"token_budget": token_budget, "max_batch": max_batch or (32 if on_gpu else 16)}
        decoder = Seq2SeqDecoder if self.is_seq2seq else EmbeddedCausal
        self.decoder = decoder(model.language_model, **limits)
        self.context = T5_CONTEXT if self.is_seq2seq else model.config.text_config.max_position_embeddings
        soft_tokens = SoftTokens(model, qformer_tokenizer)
        self.embedder = PromptEmbedder(model, self.tokenizer, soft_tokens, context=self.context)
        self.end_tokens = end_tokens(model.language_model.generation_config, self.tokenizer)


def _load(checkpoint: str, dtype: torch.dtype) -> tuple[Any, Any, Any]:
    """Model, tokenizer and the Q-Former's tokenizer of a folder or a hub name."""
    source = find_checkpoint(checkpoint)
    try:
        model = InstructBlipForConditionalGeneration.from_pretrained(
            source, dtype=dtype, trust_remote_code=False, weights_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        qformer = AutoTokenizer.from_pretrained(
            source, subfolder="qformer_tokenizer", trust_remote_code=False
        )
    except (OSError, SafetensorError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot load {checkpoint!r}: {str(error).strip()}") from error
    return model, tokenizer, qformer


# CLIP's per-channel statistics, in red, green, blue order, for values from 0 to 1.
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
QFORMER_TOKENS = 128  # LAVIS' max_txt_len; it cuts the start, and the instruction stands at the end
PICTURES_PER_BATCH = 8
ROWS_PER_BATCH = 32


class SoftTokens:
    """Vision model, Q-Former and projection of an `InstructBlipForConditionalGeneration`."""

    def __init__(self, model: Any, qformer_tokenizer: Any) -> None:
        self.model = model
        self.size = int(model.config.vision_config.image_size)
        limit = int(model.config.qformer_config.max_position_embeddings)
        self.max_tokens = min(QFORMER_TOKENS, limit)
        self.tokenizer = qformer_tokenizer
        self.tokenizer.truncation_side = "left"
        self.tokenizer.padding_side = "right"

    @torch.inference_mode()
    def encode(self, pictures: Sequence[bytes], texts: Sequence[str]) -> list[torch.Tensor | BadRow]:
        """Per row soft tokens `[queries, width of the language model]` of its picture, given its text.

        Each distinct picture passes the vision model once. A row whose picture cannot be read gets a
        BadRow.
        """
        rows_of: dict[bytes, list[int]] = {}
        for row, picture in enumerate(pictures):
            rows_of.setdefault(hashlib.sha256(picture).digest(), []).append(row)
        results: list[torch.Tensor | BadRow | None] = [None] * len(pictures)
        groups = list(rows_of.values())
        for start in range(0, len(groups), PICTURES_PER_BATCH):
            readable, pixels = [], []
            for rows in groups[start : start + PICTURES_PER_BATCH]:
                try:
                    pixels.append(read_pixels(pictures[rows[0]], self.size))
                    readable.append(rows)
                except BadRow as bad:
                    for row in rows:
                        results[row] = bad
            if readable:
                self._encode_group(readable, torch.stack(pixels), texts, results)
        return [result for result in results if result is not None]

    def _encode_group(
        self,
        groups: list[list[int]],
        pixels: torch.Tensor,
        texts: Sequence[str],
        results: list[torch.Tensor | BadRow | None],
    ) -> None:
        features = self.model.vision_model(pixel_values=pixels.to(self.model.device)).last_hidden_state
        pairs = [(row, picture) for picture, rows in enumerate(groups) for row in rows]
        pairs.sort(key=lambda pair: len(texts[pair[0]]))
        for start in range(0, len(pairs), ROWS_PER_BATCH):
            part = pairs[start : start + ROWS_PER_BATCH]
            numbers = torch.tensor([picture for _, picture in part], device=features.device)
            soft = self._query([texts[row] for row, _ in part], features[numbers])
            for (row, _), tokens in zip(part, soft, strict=True):
                results[row] = tokens

    def _query(self, texts: list[str], features: torch.Tensor) -> torch.Tensor:
        """Soft tokens `[rows, queries, width]` from texts and `features` `[rows, patches + 1, width]`."""
        text = self.tokenizer(
            texts, padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        ).to(features.device)
        queries = self.model.query_tokens.expand(len(texts), -1, -1)
        query_mask = torch.ones(queries.shape[:2], dtype=torch.long, device=features.device)
        out = self.model.qformer(
            input_ids=text["input_ids"],
            attention_mask=torch.cat([query_mask, text["attention_mask"]], dim=1),
            query_embeds=queries,
            encoder_hidden_states=features,
            encoder_attention_mask=torch.ones(features.shape[:2], dtype=torch.long, device=features.device),
        )
        return self.model.language_projection(out.last_hidden_state[:, : queries.shape[1]])


def read_pixels(data: bytes, size: int = 224) -> torch.Tensor:
    """Float32 `[3, size, size]`: the picture squeezed to a square (bicubic, no crop), CLIP-normalised.

    LAVIS' evaluation transform; its torchvision part is Pillow's own resize.

    Raises:
        BadRow: as `open_picture`.
    """
    square = open_picture(data).resize((size, size), Image.Resampling.BICUBIC)
    values = torch.from_numpy(np.asarray(square, dtype=np.float32) / 255.0)
    return ((values - torch.tensor(CLIP_MEAN)) / torch.tensor(CLIP_STD)).permute(2, 0, 1).contiguous()
