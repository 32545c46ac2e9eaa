"""BLIP-2's image-text matching head through salesforce-lavis: does this sentence describe this picture?"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from actors.models.blip.lavis_checkpoint import load_lavis_blip2
from actors.models.weights.open_picture import open_picture

MATCHING = "blip2_image_text_matching"
PICTURES_PER_BATCH = 8
PAIRS_PER_BATCH = 64


class Blip2Matcher:
    """The matching model of `lavis:blip2_image_text_matching/pretrain` (or `/coco`), or of a folder."""

    def __init__(self, checkpoint: str, *, device: str | None = None) -> None:
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.loaded = load_lavis_blip2(checkpoint, dtype=torch.float32, device=place)
        if self.loaded.arch != MATCHING:
            raise ValueError(f"{checkpoint!r} is a {self.loaded.arch}, expected a {MATCHING}")
        self.device = place

    @torch.inference_mode()
    def match(
        self, images: Sequence[bytes], texts: Sequence[str], pairs: Sequence[tuple[int, int]]
    ) -> torch.Tensor:
        """Float32 `[len(pairs)]`: the probability, 0 to 1, that text `t` describes image `i` of each (i, t).

        Every picture is encoded once; LAVIS cuts a text at 32 tokens, so give sentences.

        Raises:
            BadRow: a picture cannot be read.
        """
        probabilities = torch.zeros(len(pairs))
        for start in range(0, len(images), PICTURES_PER_BATCH):
            features = self._pictures(images[start : start + PICTURES_PER_BATCH])
            mine = [k for k, (image, _) in enumerate(pairs) if 0 <= image - start < len(features)]
            mine.sort(key=lambda k: -len(texts[pairs[k][1]]))
            for first in range(0, len(mine), PAIRS_PER_BATCH):
                part = mine[first : first + PAIRS_PER_BATCH]
                pair_features = features[[pairs[k][0] - start for k in part]]
                probabilities[part] = self._probability(pair_features, [texts[pairs[k][1]] for k in part])
        return probabilities

    def _pictures(self, images: Sequence[bytes]) -> torch.Tensor:
        model = self.loaded.model
        pixels = torch.stack([self.loaded.transform(open_picture(image)) for image in images])
        return model.ln_vision(model.visual_encoder(pixels.to(self.device)))

    def _probability(self, features: torch.Tensor, texts: list[str]) -> torch.Tensor:
        model = self.loaded.model
        tokens = model.tokenizer(
            texts, truncation=True, max_length=model.max_txt_len, padding=True, return_tensors="pt"
        ).to(self.device)
        queries = model.query_tokens.expand(len(texts), -1, -1)
        read = torch.ones(queries.shape[:-1], dtype=torch.long, device=self.device)
        out = model.Qformer.bert(
            tokens.input_ids,
            query_embeds=queries,
            attention_mask=torch.cat([read, tokens.attention_mask], dim=1),
            encoder_hidden_states=features,
            encoder_attention_mask=torch.ones(features.shape[:-1], dtype=torch.long, device=self.device),
            return_dict=True,
        )
        logits = model.itm_head(out.last_hidden_state[:, : queries.shape[1]]).mean(dim=1)
        return logits.softmax(dim=-1)[:, 1].float().cpu()
