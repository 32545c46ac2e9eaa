"""A tokenizer of numbered words: as many tokens as words, nothing to download."""

from __future__ import annotations

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

WORDS = 4000


def word_tokenizer() -> PreTrainedTokenizerFast:
    """Knows `w0` to `w3999`, and LLaMA's first three tokens."""
    names = ["<unk>", "<s>", "</s>", *(f"w{i}" for i in range(WORDS))]
    backend = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
