"""Tiny BLIP-2 folders for LAVIS's own classes, with random weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

WORDS = (
    "a photo of a red square on a blue background question answer short what is shown is this picture "
    "a comedy or a drama both comedy drama"
)
BERT_WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set(WORDS.split()))]
VIT = {"patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": 2, "mlp_ratio": 2}
LANGUAGE_MODEL = {"blip2_opt": "opt_model", "blip2_t5": "t5_model"}

LavisFolder = Callable[[str], Path]


@pytest.fixture(scope="session")
def lavis_folder(tmp_path_factory: pytest.TempPathFactory) -> LavisFolder:
    """Gives the folder of a tiny model, by architecture: blip2_opt, blip2_t5 or
    blip2_image_text_matching. Pictures are 16 x 16 and become 4 query tokens. Do not write to it."""
    made: dict[str, Path] = {}

    def folder(arch: str) -> Path:
        if arch not in made:
            made[arch] = _write(arch, tmp_path_factory.mktemp(arch))
        return made[arch]

    return folder


def _write(arch: str, folder: Path) -> Path:
    import torch
    from safetensors.torch import save_file

    from actors.models.blip.lavis_checkpoint import build_from_folder

    torch.manual_seed(0)
    config: dict[str, Any] = {"arch": arch, "weights": "model.safetensors", "bert": "bert", "vit": VIT}
    config |= {"image_size": 16, "num_query_token": 4}
    _write_bert(folder / "bert")
    if arch in LANGUAGE_MODEL:
        config[LANGUAGE_MODEL[arch]] = "language"
        (_write_opt if arch == "blip2_opt" else _write_t5)(folder / "language")
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": config}))
    (folder / "model.safetensors").touch()
    state = build_from_folder(folder).model.state_dict()
    own = {name: tensor for name, tensor in state.items() if not name.startswith(("opt_model.", "t5_model."))}
    save_file(
        {name: tensor.clone().contiguous() for name, tensor in own.items()}, folder / "model.safetensors"
    )
    return folder


def _write_bert(folder: Path) -> None:
    from transformers import BertConfig

    BertConfig(
        vocab_size=len(BERT_WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    ).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(BERT_WORDS))


def _write_opt(folder: Path) -> None:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import OPTConfig, OPTForCausalLM

    bpe = ByteLevelBPETokenizer()
    special = ["<pad>", "</s>"]
    bpe.train_from_iterator([WORDS] * 20, vocab_size=300, special_tokens=special, show_progress=False)
    folder.mkdir()
    bpe.save_model(str(folder))
    tokens = {"unk_token": "</s>", "bos_token": "</s>", "eos_token": "</s>", "pad_token": "<pad>"}
    settings = {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "add_prefix_space": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokens | settings))  # as OPT's is published
    config = OPTConfig(
        vocab_size=bpe.get_vocab_size(),
        hidden_size=32,
        word_embed_proj_dim=32,
        ffn_dim=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=1,
    )
    OPTForCausalLM(config).save_pretrained(folder)


def _write_t5(folder: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    unigram = Tokenizer(models.Unigram())
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=80, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    unigram.train_from_iterator([WORDS] * 20, trainer)
    unigram.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=unigram, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.save_pretrained(folder)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=2,
        num_heads=2,
        decoder_start_token_id=0,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        initializer_factor=0.3,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    _untie_as_published(folder)


def _untie_as_published(folder: Path) -> None:
    """transformers 5 saves a Flan-T5 whose output layer is tied; published ones have their own."""
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    head = torch.randn_like(weights["shared.weight"]) * 0.3
    head[0] = 0  # or it repeats the padding that an answer starts from
    save_file(weights | {"lm_head.weight": head}, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    del config["scale_decoder_outputs"]
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
