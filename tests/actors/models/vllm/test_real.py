"""vLLM itself, on tiny models of real classes: `make test-vllm`."""

from __future__ import annotations

import gc
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.base import BadRow
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt

pytestmark = pytest.mark.vllm

GREEDY = GenerationParams(max_new_tokens=24, temperature=0.0)
PROMPTS = [
    Prompt(str(i), text * repeat)
    for i, (text, repeat) in enumerate(
        [
            ("Is this picture a comedy or a drama?", 1),
            ("The quick brown fox jumps over the lazy dog. ", 5),
            ("yes", 1),
            ("premise hypothesis entailment ", 8),
            ("USER: because the image shows ASSISTANT:", 2),
        ]
    )
]


@pytest.fixture(scope="module")
def llama(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared tiny Llama with heads of 32, the smallest that vLLM's CPU attention takes."""
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("llama")
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    torch.manual_seed(0)
    LlamaForCausalLM(llama_config(len(tokenizer))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def llama_config(vocabulary: int) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        initializer_range=0.2,  # far from uniform, so that equal tokens mean something
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )


@pytest.fixture(scope="module")
def engine(llama: Path) -> Iterator[Any]:
    pytest.importorskip("vllm")
    from actors.models.vllm.engine import VllmGenerator

    yield VllmGenerator(str(llama))
    gc.collect()


@pytest.fixture(scope="module")
def reference(llama: Path) -> Any:
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM.from_pretrained(llama).eval()


def logprobs(model: Any, ids: list[int], new: list[int]) -> list[float]:
    """Natural-log probabilities of `new` behind `ids`, from one forward pass."""
    import torch

    with torch.inference_mode():
        scores = model(torch.tensor([ids + new])).logits[0].log_softmax(-1)
    return [float(scores[len(ids) + step - 1, token]) for step, token in enumerate(new)]


def test_greedy_tokens_and_logprobs_equal_transformers(engine: Any, reference: Any) -> None:
    import torch

    for prompt, result in zip(PROMPTS, engine.generate(PROMPTS, GREEDY)):
        ids = engine.tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            whole = reference.generate(torch.tensor([ids]), max_new_tokens=24, do_sample=False)[0].tolist()
        new = whole[len(ids) :]
        assert isinstance(result, Generation)
        assert result.text == engine.tokenizer.decode(new, skip_special_tokens=True)
        assert (result.prompt_tokens, result.new_tokens) == (len(ids), len(new))
        assert result.logprob == pytest.approx(sum(logprobs(reference, ids, new)), abs=1e-3)


def test_a_sampled_row_does_not_depend_on_its_batch(engine: Any) -> None:
    params = GenerationParams(max_new_tokens=24, temperature=0.8, top_p=0.9, seed=5)
    together = engine.generate(PROMPTS, params)
    alone = [engine.generate([prompt], params)[0] for prompt in reversed(PROMPTS)]

    assert engine.batch_invariant
    assert [result.text for result in together] == [result.text for result in reversed(alone)]
    assert [result.text for result in together] != [r.text for r in engine.generate(PROMPTS, GREEDY)]


def test_choices_score_as_one_forward_pass_does(engine: Any, reference: Any) -> None:
    choices = [" comedy", " drama", " comedy and drama", " not hateful"]
    results = engine.choose(PROMPTS, choices)

    for prompt, result in zip(PROMPTS, results):
        ids = engine.tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
        paths = [engine.tokenizer(choice, add_special_tokens=False)["input_ids"] for choice in choices]
        assert isinstance(result, Choice)
        assert result.scores == pytest.approx(
            [sum(logprobs(reference, ids, path)) for path in paths], abs=1e-3
        )
        assert result.tokens == tuple(len(path) for path in paths)


def test_constrained_answers_are_greedy_over_the_choices(engine: Any, reference: Any) -> None:
    choices = [" comedy", " drama", " both"]
    for prompt, result in zip(PROMPTS, engine.constrain(PROMPTS, choices)):
        ids = engine.tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
        paths = [engine.tokenizer(choice, add_special_tokens=False)["input_ids"] for choice in choices]
        first = [logprobs(reference, ids, path[:1])[0] for path in paths]
        assert len({path[0] for path in paths}) == len(paths)
        assert result.text == choices[first.index(max(first))]


def test_both_local_engines_give_the_same_answers(engine: Any, llama: Path) -> None:
    from actors.models.decoding.transformers_engine import TransformersGenerator

    other = TransformersGenerator(str(llama), dtype="float32", device="cpu")
    choices = [" comedy", " drama", " comedy and drama"]
    long = Prompt("long", "comedy drama " * 200, head="film: ", tail=" genre?")
    for ask in (
        lambda generator: generator.generate([*PROMPTS, long], GREEDY),
        lambda generator: generator.constrain([*PROMPTS, long], choices),
        lambda generator: generator.choose([*PROMPTS, long], choices),
    ):
        for ours, theirs in zip(ask(engine), ask(other)):
            for name, value in vars(theirs).items():
                rough = isinstance(value, float) or name == "scores"
                assert getattr(ours, name) == (pytest.approx(value, abs=1e-3) if rough else value), name


def test_a_long_document_is_cut_and_a_hopeless_row_costs_itself_alone(engine: Any) -> None:
    prompts = [
        PROMPTS[0],
        Prompt("long", "comedy drama " * 200, head="film: ", tail=" genre?"),
        Prompt("hopeless", "x", head="film " * 300),
        PROMPTS[2],
    ]
    results = engine.generate(prompts, GREEDY)

    assert [type(result) for result in results] == [Generation, Generation, BadRow, Generation]
    assert results[1].cut_tokens > 0
    assert results[1].prompt_tokens + 24 <= 256
    assert results[2].reason == "too_long"


def test_what_prompts_begin_with_is_read_once(engine: Any) -> None:
    shared = Prompt("s", "The quick brown fox jumps over the lazy dog. " * 6)
    engine.choose([shared], [" comedy"])
    requests = [(engine.reader.read(shared, 8).followed_by([5]), engine._scoring([5]))]

    assert engine._run(requests)[0].num_cached_tokens >= 32


@pytest.fixture(scope="module")
def llava(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny LLaVA as transformers writes it, and with the tensor names of the published checkpoints."""
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import (
        AutoTokenizer,
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    ours, published = (
        tmp_path_factory.mktemp("llava") / "ours",
        tmp_path_factory.mktemp("llava") / "published",
    )
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    vision = CLIPVisionConfig(
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=llama_config(len(tokenizer)),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=16,
    )
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(ours)
    pixels = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    LlavaProcessor(
        image_processor=pixels,
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        image_token="<image>",
        num_additional_image_tokens=1,
    ).save_pretrained(ours)
    shutil.copytree(ours, published)
    tensors = load_file(ours / "model.safetensors")
    renamed = {name.replace("vision_tower.", "vision_tower.vision_model."): t for name, t in tensors.items()}
    save_file(renamed, published / "model.safetensors", metadata={"format": "pt"})
    return ours, published


def picture(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


def test_answers_to_pictures_equal_transformers(llava: tuple[Path, Path]) -> None:
    pytest.importorskip("vllm")
    from transformers import AutoProcessor, LlavaForConditionalGeneration

    from actors.models.vllm.engine import VllmGenerator

    ours, published = llava
    engine = VllmGenerator(str(published))
    model = LlavaForConditionalGeneration.from_pretrained(ours).eval()
    processor = AutoProcessor.from_pretrained(ours)
    pictures = [picture((200, 10, 30)), picture((0, 90, 200))]
    prompts = [Prompt(str(i), "Is this a comedy?", images=(image,)) for i, image in enumerate(pictures)]
    results = engine.generate([*prompts, Prompt("text", "no picture")], GREEDY)

    for image, result in zip(pictures, results):
        opened = Image.open(io.BytesIO(image))
        inputs = processor(text="<image>\nIs this a comedy?", images=opened, return_tensors="pt")
        new = model.generate(**inputs, max_new_tokens=24, do_sample=False)[0, inputs["input_ids"].shape[1] :]
        assert result.text == engine.tokenizer.decode(new, skip_special_tokens=True)
        assert result.prompt_tokens == inputs["input_ids"].shape[1]
    assert results[0].text != results[1].text
    assert isinstance(results[2], Generation)
    scores = engine.choose(prompts, [" comedy", " drama"])
    assert scores[0].scores != scores[1].scores
