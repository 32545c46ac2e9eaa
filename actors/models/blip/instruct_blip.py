"""InstructBLIP: a picture and an instruction in, text out (paper A §3.1, Figure 1)."""

from __future__ import annotations

import pickle
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer, InstructBlipForConditionalGeneration

from actors.models.blip.prompts import PromptEmbedder
from actors.models.blip.soft_prompt_generator import T5_CONTEXT, SoftPromptGenerator
from actors.models.blip.soft_tokens import SoftTokens
from actors.models.decoding.embedded import EmbeddedCausal, Seq2SeqDecoder
from actors.models.decoding.stopping import end_tokens
from actors.models.weights.checkpoints import DTYPES, find_checkpoint


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
