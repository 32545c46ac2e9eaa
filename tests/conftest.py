"""What every test needs: a quiet offline machine and a tiny real language model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

# Before anything imports ray, torch or transformers. Ray's workers inherit all of it.
os.environ["RAY_AUTH_MODE"] = "disabled"  # a token file left by another Ray would be demanded here
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("RAY_DATA_PARQUET_FOOTER_NUM_ACTORS", "1")
for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(pool, "1")

import actors  # noqa: E402, F401  the torchvision patch has to come before transformers


@pytest.fixture(autouse=True, scope="module")
def _module_travels_by_value(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ray workers cannot import a test module (LAVIS's wheel owns the name `tests`) or what lies in
    tests/support, so classes and functions defined there are pickled whole."""
    import numbers_run
    from ray import cloudpickle

    modules = [request.module, numbers_run]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    yield
    for module in modules:
        cloudpickle.unregister_pickle_by_value(module)


ROOT = Path(__file__).resolve().parents[1]
CPUS = 8  # logical; more than any of the shared Ray's pipelines asks for


@pytest.fixture(scope="session")
def shared_ray() -> Iterator[str]:
    """The address of a private Ray that stays until the last test; runs attach to it instead of starting
    their own."""
    from cluster.capacity import Pool
    from cluster.connect import connected

    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PYTHONPATH", str(ROOT))  # for the workers of drivers in other processes
            address = stack.enter_context(connected([Pool("tests", CPUS, 1.0, 0.0)]))
        yield address


TOKENIZER_TEXT = (
    "Is this picture a comedy or a drama? Answer with one word: comedy, drama, both.",
    "The quick brown fox jumps over the lazy dog, 0123456789 times; yes or no?",
    "A chat between a curious user and an artificial intelligence assistant. USER: ASSISTANT:",
    "premise hypothesis entailment neutral contradiction hateful not hateful because the image shows",
)


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a LlamaForCausalLM of random fp32 weights (seed 0, 2 layers, 512 positions) in
    safetensors, and a byte-level BPE tokenizer of its own: <pad> 0, <s> 1, </s> 2. Do not write to it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("tiny-llama")
    tokenizer = _bpe_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


def _bpe_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(TOKENIZER_TEXT * 20, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token="<pad>", bos_token="<s>", eos_token="</s>")
