"""InstructBLIP's way from a picture and an instruction to embeddings that its language model reads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from actors.base import BadRow
from actors.models.weights.open_picture import open_picture

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
        """For every row `[queries, width of the language model]`: the picture as `texts[row]` asks for it.

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
        """`[rows, queries, width]`: what the queries find in `features` `[rows, patches + 1, width]`."""
        text = self.tokenizer(
            texts, padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        ).to(features.device)
        queries = self.model.query_tokens.expand(len(texts), -1, -1)
        seen = torch.ones(queries.shape[:2], dtype=torch.long, device=features.device)
        out = self.model.qformer(
            input_ids=text["input_ids"],
            attention_mask=torch.cat([seen, text["attention_mask"]], dim=1),
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
