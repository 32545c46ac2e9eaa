from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from actors.base import BadRow
from actors.models.blip.instruct_blip import InstructBlipGenerator
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt
from actors.prompts.conversation import RAW, with_special_tokens

GREEDY = GenerationParams(max_new_tokens=12, temperature=0)
DRAWN = GenerationParams(max_new_tokens=12, temperature=1.5, top_p=0.95, seed=3)
QUESTION = " Is the text above hateful?"
FAMILIES = ("llama", "t5")


@pytest.fixture(scope="module")
def generators(tiny_blip_llama: Path, tiny_blip_t5: Path) -> dict[str, InstructBlipGenerator]:
    folders = {"llama": tiny_blip_llama, "t5": tiny_blip_t5}
    return {family: InstructBlipGenerator(str(folder)) for family, folder in folders.items()}


def _prompts(
    generator: InstructBlipGenerator, documents: list[str], pictures: list[bytes | None]
) -> list[Prompt]:
    before, after = with_special_tokens(RAW, generator.tokenizer).wrap()
    return [
        Prompt(
            f"row/{place}",
            document,
            tail=QUESTION,
            before=before,
            after=after,
            images=() if picture is None else (picture,),
        )
        for place, (document, picture) in enumerate(zip(documents, pictures))
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_text_equals_that_of_the_library_and_its_processor(
    family: str, generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    from PIL import Image
    from transformers import AutoTokenizer, BlipImageProcessor, InstructBlipProcessor

    generator = generators[family]
    size = generator.model.config.vision_config.image_size
    folder = generator.model.config._name_or_path
    processor = InstructBlipProcessor(
        BlipImageProcessor(size={"height": size, "width": size}),
        AutoTokenizer.from_pretrained(folder),
        AutoTokenizer.from_pretrained(folder, subfolder="qformer_tokenizer"),
        num_query_tokens=4,
    )
    documents = ["the quick brown fox", "a red square on a blue background", "drama"]
    ours = generator.generate(_prompts(generator, documents, pictures), GREEDY)
    for document, picture, answer in zip(documents, pictures, ours):
        inputs = processor(
            images=Image.open(io.BytesIO(picture)), text=document + QUESTION, return_tensors="pt"
        )
        ids = generator.model.generate(**inputs, do_sample=False, max_new_tokens=12)[0]
        new = ids[inputs["input_ids"].shape[1] :] if family == "llama" else ids[1:]
        assert isinstance(answer, Generation)
        assert answer.text == processor.tokenizer.decode(new, skip_special_tokens=True)
        assert answer.new_tokens == len(new)
        assert answer.prompt_tokens == inputs["input_ids"].shape[1]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_picture_changes_the_answer_and_the_unimodal_run_ignores_it(
    family: str, generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    generator = generators[family]
    documents = ["the quick brown fox"] * 3
    seen = generator.choose(_prompts(generator, documents, pictures), [" yes", " no"])
    assert len({answer.scores for answer in seen if isinstance(answer, Choice)}) == 3
    without = generator.choose(_prompts(generator, documents, [None] * 3), [" yes", " no"])
    blind = InstructBlipGenerator(generator.model.config._name_or_path, use_images=False)
    ignored = blind.choose(_prompts(blind, documents, [*pictures[:2], b"junk"]), [" yes", " no"])
    for one, other in zip(without, ignored):
        assert isinstance(one, Choice) and isinstance(other, Choice)
        assert one.scores == pytest.approx(other.scores, abs=1e-4)
        assert one.prompt_tokens == other.prompt_tokens
        assert isinstance(seen[0], Choice)
        assert one.prompt_tokens == seen[0].prompt_tokens - 4


def test_without_a_picture_the_language_model_reads_the_prompt_as_it_would_alone(
    generators: dict[str, InstructBlipGenerator],
) -> None:
    generator = generators["llama"]
    prompt = _prompts(generator, ["a red square"], [None])[0]
    answer = generator.generate([prompt], GREEDY)[0]
    ids = generator.tokenizer("a red square" + QUESTION, return_tensors="pt")["input_ids"]
    language_model = generator.model.language_model
    new = language_model.generate(ids, do_sample=False, max_new_tokens=12)[0, ids.shape[1] :]
    assert isinstance(answer, Generation)
    assert answer.text == generator.tokenizer.decode(new, skip_special_tokens=True)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("params", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_a_row_answers_the_same_in_any_company(
    family: str,
    params: GenerationParams,
    generators: dict[str, InstructBlipGenerator],
    pictures: list[bytes],
) -> None:
    generator = generators[family]
    documents = ["the quick brown fox " * times for times in (1, 5, 2, 7, 1, 3)]
    prompts = _prompts(generator, documents, [pictures[0], None, pictures[1], pictures[0], None, pictures[2]])
    together = generator.generate(prompts, params)
    small = InstructBlipGenerator(generator.model.config._name_or_path, token_budget=1, max_batch=1)
    alone = [small.generate([prompt], params)[0] for prompt in reversed(prompts)][::-1]
    for one, other in zip(together, alone):
        assert isinstance(one, Generation) and isinstance(other, Generation)
        assert (one.text, one.finish_reason, one.new_tokens) == (
            other.text,
            other.finish_reason,
            other.new_tokens,
        )
        assert one.logprob == pytest.approx(other.logprob, abs=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_seed_draws_another_text(
    family: str, generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    generator = generators[family]
    prompts = _prompts(generator, ["the quick brown fox"] * 3, pictures)
    one, other = (generator.generate(prompts, replace(DRAWN, seed=seed)) for seed in (3, 4))
    for answer, another in zip(one, other):
        assert isinstance(answer, Generation) and isinstance(another, Generation)
        assert answer.text != another.text


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bad_row_gets_its_reason_and_harms_no_neighbour(
    family: str, generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    generator = generators[family]
    good = _prompts(generator, ["the quick brown fox", "drama"], [pictures[0], None])
    bad = [
        replace(good[0], id="junk", images=(b"junk",)),
        replace(good[0], id="cut", images=(pictures[0][:80],)),
        replace(good[0], id="two", images=(pictures[0], pictures[1])),
        replace(good[0], id="long", tail=" question" * 3000),
    ]
    reasons = ["unreadable_image", "unreadable_image", "too_many_images", "too_long"]
    mixed = [good[0], *bad, good[1]]
    for answers, alone in (
        (generator.generate(mixed, DRAWN), generator.generate(good, DRAWN)),
        (generator.constrain(mixed, [" yes", " no"]), generator.constrain(good, [" yes", " no"])),
    ):
        assert [answer.reason for answer in answers[1:5] if isinstance(answer, BadRow)] == reasons
        assert [answers[0].text, answers[5].text] == [answer.text for answer in alone]
    chosen = generator.choose(mixed, [" yes", " no"])
    assert [isinstance(answer, Choice) for answer in chosen] == [True, False, False, False, False, True]


@pytest.mark.parametrize("family", FAMILIES)
def test_choices_score_as_the_library_would_score_them(
    family: str, generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    generator = generators[family]
    prompts = _prompts(generator, ["the quick brown fox", "a red square " * 6], [pictures[0], None])
    choices = [" yes", " no", " hateful drama"]
    answers = generator.choose(prompts, choices)
    for prompt, answer in zip(prompts, answers):
        assert isinstance(answer, Choice)
        embeds = generator._embed([prompt], 8)[0].embeds[None]
        for choice, score, tokens in zip(choices, answer.scores, answer.tokens):
            ids = generator._candidates(prompt.text, [choice])[0]
            assert tokens == len(ids)
            assert score == pytest.approx(_library_score(generator, embeds, ids), abs=2e-3)


def _library_score(generator: InstructBlipGenerator, embeds: torch.Tensor, ids: list[int]) -> float:
    language_model: Any = generator.model.language_model
    target = torch.tensor([ids])
    with torch.inference_mode():
        if generator.is_seq2seq:
            return -float(language_model(inputs_embeds=embeds, labels=target).loss) * len(ids)
        whole = torch.cat([embeds, language_model.get_input_embeddings()(target)], dim=1)
        logits = language_model(inputs_embeds=whole).logits[0, embeds.shape[1] - 1 : -1]
    return float(logits.log_softmax(-1).gather(1, target[0][:, None]).sum())


@pytest.mark.parametrize("family", FAMILIES)
def test_constrained_text_is_always_one_of_the_choices(
    family: str, generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    generator = generators[family]
    choices = [" drama", " drama and comedy", " both"]
    prompts = _prompts(generator, ["one", "two words", "three words here"], pictures)
    answers = generator.constrain(prompts, choices)
    assert all(isinstance(answer, Generation) and answer.text in choices for answer in answers)
    assert all(answer.finish_reason == "stop" for answer in answers if isinstance(answer, Generation))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_long_document_is_cut_and_the_instruction_kept(
    family: str, generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    generator = generators[family]
    document = "the quick brown fox jumps over the lazy dog " * 400
    prompts = _prompts(generator, [document, "short"], [pictures[0]] * 2)
    answers = generator.generate(prompts, GREEDY)
    long, short = answers
    assert isinstance(long, Generation) and isinstance(short, Generation)
    assert long.cut_tokens > 100 and short.cut_tokens == 0
    reserve = 0 if generator.is_seq2seq else GREEDY.max_new_tokens
    assert generator.context - reserve - 10 <= long.prompt_tokens <= generator.context - reserve
    read = generator._embed(prompts, GREEDY.max_new_tokens)[0]
    assert not isinstance(read, BadRow)
    assert (QUESTION in read.fit.text) and read.fit.text.count("lazy") > 3


def test_a_stop_string_ends_the_text_and_is_left_out(
    generators: dict[str, InstructBlipGenerator], pictures: list[bytes]
) -> None:
    for generator in generators.values():
        prompts = _prompts(generator, ["the quick brown fox"], pictures[:1])
        whole = generator.generate(prompts, DRAWN)[0]
        assert isinstance(whole, Generation) and len(whole.text) > 4
        stop = whole.text[3:5]
        cut = generator.generate(prompts, replace(DRAWN, stop=(stop,)))[0]
        assert isinstance(cut, Generation)
        assert cut.text == whole.text[: whole.text.index(stop)]
        assert cut.finish_reason == "stop"


def test_an_older_checkpoint_without_an_image_token_loads_and_answers_alike(
    tiny_blip_llama: Path,
    tmp_path: Path,
    generators: dict[str, InstructBlipGenerator],
    pictures: list[bytes],
) -> None:
    import json
    import shutil

    old = shutil.copytree(tiny_blip_llama, tmp_path / "old")
    config = json.loads((old / "config.json").read_text())
    del config["image_token_index"]
    (old / "config.json").write_text(json.dumps(config))
    generator = InstructBlipGenerator(str(old))
    prompts = _prompts(generator, ["the quick brown fox"], pictures[:1])
    assert generator.generate(prompts, GREEDY) == generators["llama"].generate(prompts, GREEDY)


def test_an_output_head_of_its_own_is_kept_as_flan_t5_has_it(tiny_blip_t5: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(tiny_blip_t5, tmp_path / "own-head")
    weights = load_file(folder / "model.safetensors")
    head = torch.randn_like(weights["language_model.shared.weight"])
    weights["language_model.lm_head.weight"] = head
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    language_model = InstructBlipGenerator(str(folder)).model.language_model
    assert torch.equal(language_model.lm_head.weight, head)
    assert not torch.equal(language_model.shared.weight, head)
    assert language_model.config.scale_decoder_outputs is False
