"""Every named annotator's prompt, written out, and run on a tiny model of its class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.models.catalog.annotators import conversation_for, find_annotator
from actors.models.catalog.engines import load_generator
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, TextGenerator
from actors.prompts.conversation import render
from actors.prompts.task import load_task

DOCUMENT = "love the way you smell today"
MESSAGE = f"{DOCUMENT}\nIs the text above hateful?"
SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)
VICUNA = f"{SYSTEM} USER: {MESSAGE} ASSISTANT:"
SMOLLM = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    f"<|im_start|>user\n{MESSAGE}<|im_end|>\n<|im_start|>assistant\n"
)
CAUSAL = {
    "llama-7b": MESSAGE,
    "llama-13b": MESSAGE,
    "open-llama-13b": MESSAGE,
    "vicuna-7b-v1.5": VICUNA,
    "vicuna-13b-v1.5": VICUNA,
    "vicuna-7b-v1.5-16k": VICUNA,
    "vicuna-13b-v1.5-16k": VICUNA,
}
BASE_CONTEXT = 128
OPTIONS = EngineOptions(dtype="float32", device="cpu")
GREEDY = GenerationParams(max_new_tokens=6, temperature=0)


@pytest.fixture(scope="module")
def sentencepiece_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LlamaForCausalLM as Vicuna and OpenLLaMA are published: a SentencePiece model is the tokenizer."""
    import sentencepiece
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("llama")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([SYSTEM, "USER: ASSISTANT:", MESSAGE, "yes no hateful"] * 5),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=420,
        model_type="bpe",
        byte_fallback=True,
        character_coverage=1.0,
        normalization_rule_name="identity",
        num_threads=1,
        minloglevel=2,
    )
    (folder / "tokenizer.vocab").unlink()
    settings = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "legacy": False}
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | special))
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=420,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=BASE_CONTEXT,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def _prompt(generator: TextGenerator, name: str, document: str = DOCUMENT, **more: Any) -> Prompt:
    conversation = conversation_for(find_annotator(name), generator.tokenizer)
    return render(load_task("hateful_memes"), conversation, id="memes/1", document=document, **more)


def _answers(generator: TextGenerator, prompt: Prompt) -> None:
    written = generator.generate([prompt], GREEDY)[0]
    assert isinstance(written, Generation) and 1 <= written.new_tokens <= 6
    ranked = generator.choose([prompt], [" yes", " no"])[0]
    assert isinstance(ranked, Choice) and len(set(ranked.scores)) == 2
    constrained = generator.constrain([prompt], [" yes", " no"])[0]
    assert isinstance(constrained, Generation) and constrained.text in (" yes", " no")


@pytest.mark.parametrize("name", CAUSAL)
def test_a_text_model_reads_its_own_template_behind_its_start_token(
    name: str, sentencepiece_llama: Path
) -> None:
    model = find_annotator(f"{name}={sentencepiece_llama}")
    generator = load_generator(model, engine="transformers", options=OPTIONS)
    prompt = _prompt(generator, name)
    assert prompt.text == "<s> " + CAUSAL[name]
    # What FastChat's and LLaMA's own code feed the model: the text with the tokenizer's <s> in front.
    tokens = generator.tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
    assert tokens == generator.tokenizer(CAUSAL[name])["input_ids"]
    assert tokens[0] == generator.tokenizer.bos_token_id
    _answers(generator, prompt)


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("instructblip-vicuna-7b", "llama", "<s>" + MESSAGE),
        ("instructblip-vicuna-13b", "llama", "<s>" + MESSAGE),
        ("instructblip-flan-t5-xxl", "t5", MESSAGE + "</s>"),
    ],
)
def test_instructblip_reads_the_raw_prompt_with_a_picture_and_without(
    name: str,
    family: str,
    expected: str,
    tiny_blip_llama: Path,
    tiny_blip_t5: Path,
    pictures: list[bytes],
) -> None:
    folder = tiny_blip_llama if family == "llama" else tiny_blip_t5
    model = find_annotator(f"{name}={folder}")
    generator = load_generator(model, engine="auto", options=OPTIONS)
    prompt = _prompt(generator, name, images=pictures[:1])
    assert prompt.text == expected
    tokens = generator.tokenizer(expected, add_special_tokens=False)["input_ids"]
    assert tokens == generator.tokenizer(MESSAGE)["input_ids"]
    _answers(generator, prompt)
    unimodal = load_generator(model, engine="auto", options=OPTIONS, use_images=False)
    _answers(unimodal, prompt)


def test_the_pocket_model_reads_its_own_chat_template(tiny_llama: Path, tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(tiny_llama, tmp_path / "smollm2")
    # SmolLM2-135M-Instruct's, word for word.
    template = (
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
        "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
        "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
        "{% endif %}"
    )
    (folder / "chat_template.jinja").write_text(template)
    model = find_annotator(f"smollm2-135m={folder}")
    generator = load_generator(model, engine="transformers", options=OPTIONS)
    prompt = _prompt(generator, "smollm2-135m")
    assert prompt.text == SMOLLM
    _answers(generator, prompt)


@pytest.mark.parametrize("name", ["vicuna-7b-v1.5-16k", "vicuna-13b-v1.5-16k"])
def test_a_16k_model_reads_four_times_its_base_context(name: str, sentencepiece_llama: Path) -> None:
    import torch

    model = find_annotator(f"{name}={sentencepiece_llama}")
    generator = load_generator(model, engine="transformers", options=OPTIONS)
    assert generator.context == 16384
    short = load_generator(find_annotator(f"vicuna-7b-v1.5={sentencepiece_llama}"), options=OPTIONS)
    prompt = _prompt(generator, name, "smell today " * 150)
    long_answer, cut_answer = generator.generate([prompt], GREEDY)[0], short.generate([prompt], GREEDY)[0]
    assert isinstance(long_answer, Generation) and isinstance(cut_answer, Generation)
    assert long_answer.cut_tokens == 0 and long_answer.prompt_tokens > 2 * BASE_CONTEXT
    assert cut_answer.cut_tokens > 0 and cut_answer.prompt_tokens < BASE_CONTEXT
    rotary = generator.model.model.rotary_emb
    positions = torch.tensor([[4 * 37]])
    stretched = rotary(torch.zeros(1, 1, 8), positions)
    plain = short.model.model.rotary_emb(torch.zeros(1, 1, 8), positions // 4)
    torch.testing.assert_close(stretched, plain)
