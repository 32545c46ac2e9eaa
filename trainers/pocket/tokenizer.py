"""Byte-level BPE tokenizers for pocket models: any text can be spelled, digits stay single."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PAD, BOS, EOS = "<pad>", "<s>", "</s>"


def train_bpe(texts: Iterable[str], vocabulary: int) -> Any:
    """A raw `tokenizers` BPE with `<pad>` 0, `<s>` 1 and `</s>` 2."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    bpe = Tokenizer(models.BPE())
    digits = pre_tokenizers.Split(Regex(r"\d"), behavior="isolated")
    bpe.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        min_frequency=2,
    )
    bpe.train_from_iterator(texts, trainer)
    return bpe


def language_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """For a causal language model: `<s> text`, as Llama's does."""
    return _fast_tokenizer(texts, vocabulary, {"single": f"{BOS} $A"})


def clip_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """For CLIP's text tower: `<s> text </s>`."""
    return _fast_tokenizer(texts, vocabulary, {"single": f"{BOS} $A {EOS}"})


def pair_tokenizer(texts: Iterable[str], vocabulary: int, context: int) -> Any:
    """For BERT on pairs: `<s> first </s> second </s>` with token types 0 and 1."""
    template = {"single": f"{BOS} $A {EOS}", "pair": f"{BOS}:0 $A:0 {EOS}:0 $B:1 {EOS}:1"}
    names = ["input_ids", "token_type_ids", "attention_mask"]
    options: dict[str, Any] = {"cls_token": BOS, "sep_token": EOS, "model_max_length": context}
    return _fast_tokenizer(texts, vocabulary, template, **options, model_input_names=names)


def _fast_tokenizer(texts: Iterable[str], vocabulary: int, template: dict[str, str], **options: Any) -> Any:
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    bpe = train_bpe(texts, vocabulary)
    marks = [(mark, bpe.token_to_id(mark)) for mark in (BOS, EOS) if mark in template["single"]]
    bpe.post_processor = TemplateProcessing(**template, special_tokens=marks)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, bos_token=BOS, eos_token=EOS, **options
    )
