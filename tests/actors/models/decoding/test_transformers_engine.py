from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from actors.base import BadRow
from actors.models.decoding.transformers_engine import TransformersGenerator
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, softmax

GREEDY = GenerationParams(max_new_tokens=20, temperature=0.0)
SAMPLED = GenerationParams(max_new_tokens=20, seed=5)
ENDS = frozenset({2, *range(280, 300)})
CHOICES = [" comedy", " drama", " both", " not hateful", " not"]
WORDS = ("quick", "brown", "fox", "jumps", "over", "lazy", "premise", "hypothesis", "comedy", "drama")


@pytest.fixture(scope="module")
def folder(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared tiny Llama with weights so large that its texts end, differ and mean something."""
    folder = tmp_path_factory.mktemp("llama") / "model"
    shutil.copytree(tiny_llama, folder)
    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig.from_pretrained(folder, initializer_range=0.4))
    assert model.generation_config is not None
    model.generation_config.eos_token_id = sorted(ENDS)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def engine(folder: Path) -> TransformersGenerator:
    return TransformersGenerator(str(folder), max_batch=4)


def prompts(number: int = 12, head: str = "") -> list[Prompt]:
    chance = random.Random(0)
    texts = [" ".join(chance.choices(WORDS, k=chance.randrange(1, 40))) for _ in range(number)]
    return [Prompt(f"row/{i}", text, head=head, tail="\nyes or no?") for i, text in enumerate(texts)]


def generations(results: Sequence[Generation | BadRow]) -> list[Generation]:
    assert all(isinstance(result, Generation) for result in results)
    return [result for result in results if isinstance(result, Generation)]


def library_text(engine: TransformersGenerator, prompt: Prompt) -> str:
    ids = engine.tokenizer(prompt.text, add_special_tokens=False, return_tensors="pt").input_ids
    written = engine.model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=20
    )
    new = written[0, ids.shape[1] :].tolist()
    text: Any = engine.tokenizer.decode(new[:-1] if new[-1] in ENDS else new, skip_special_tokens=True)
    return str(text)


def test_greedy_text_equals_the_librarys(engine: TransformersGenerator) -> None:
    texts = [answer.text for answer in generations(engine.generate(prompts(), GREEDY))]
    assert texts == [library_text(engine, prompt) for prompt in prompts()]
    assert len(set(texts)) == len(texts)


def test_sampled_text_depends_on_seed_and_id_alone(engine: TransformersGenerator, folder: Path) -> None:
    listed = prompts()
    first = {p.id: a for p, a in zip(listed, generations(engine.generate(listed, SAMPLED)))}
    restarted = TransformersGenerator(str(folder), max_batch=16, token_budget=150)
    for prompt, answer in zip(listed[::-1], generations(restarted.generate(listed[::-1], SAMPLED))):
        assert answer.text == first[prompt.id].text
        assert answer.logprob == pytest.approx(first[prompt.id].logprob, abs=1e-3)
    other = generations(engine.generate(listed, GenerationParams(max_new_tokens=20, seed=6)))
    assert sum(first[p.id].text != a.text for p, a in zip(listed, other)) > 6


def test_a_shared_beginning_changes_no_answer(engine: TransformersGenerator) -> None:
    asked = prompts(head="The quick brown fox jumps over the lazy dog, 0123456789 times; " * 2)
    together = generations(engine.generate(asked, SAMPLED))
    alone = [generations(engine.generate([prompt], SAMPLED))[0] for prompt in asked]
    assert [answer.text for answer in together] == [answer.text for answer in alone]


def test_an_answer_says_how_it_ended_and_how_long_it_is(engine: TransformersGenerator) -> None:
    answers = generations(engine.generate(prompts(40), GenerationParams(max_new_tokens=30, seed=1)))
    assert {answer.finish_reason for answer in answers} == {"stop", "length"}
    for prompt, answer in zip(prompts(40), answers):
        assert answer.prompt_tokens == len(engine.tokenizer(prompt.text).input_ids)
        assert answer.new_tokens == 30 if answer.finish_reason == "length" else answer.new_tokens <= 30
        assert answer.logprob is not None and answer.logprob < 0


def test_text_ends_before_a_stop_string(engine: TransformersGenerator) -> None:
    free = generations(engine.generate(prompts(), GREEDY))
    at = next(i for i, answer in enumerate(free) if len(answer.text) > 8)
    stop = free[at].text[4:7]
    stopped = generations(
        engine.generate(prompts(), GenerationParams(max_new_tokens=20, temperature=0, stop=(stop,)))
    )
    assert stopped[at].text == free[at].text[: free[at].text.index(stop)]
    assert stopped[at].finish_reason == "stop"
    assert stopped[at].new_tokens < free[at].new_tokens
    for answer, whole in zip(stopped, free):
        assert answer.text == whole.text.partition(stop)[0]


def test_a_long_document_is_cut_and_a_long_instruction_fails_alone(engine: TransformersGenerator) -> None:
    long = "the quick brown fox " * 300
    asked = [prompts()[0], Prompt("cut", long, tail="\nyes or no?"), Prompt("bad", "yes", head=long)]
    for params in (GREEDY, GenerationParams(max_new_tokens=1024, temperature=0)):
        whole, cut, bad = engine.generate(asked, params)
        assert isinstance(whole, Generation) and whole.cut_tokens == 0
        assert isinstance(cut, Generation) and cut.cut_tokens > 0
        assert isinstance(bad, BadRow) and bad.reason == "too_long"
        assert cut.prompt_tokens + cut.new_tokens <= 512
        assert cut.prompt_tokens >= 512 - 128 - 5
    chosen = engine.choose(asked, CHOICES)
    assert [isinstance(row, Choice) for row in chosen] == [True, True, False]


def naive_score(engine: TransformersGenerator, text: str, choice: str) -> float:
    before = engine.tokenizer(text, add_special_tokens=False).input_ids
    whole = engine.tokenizer(text + choice, add_special_tokens=False).input_ids
    assert whole[: len(before)] == before
    with torch.inference_mode():
        log_probs = engine.model(torch.tensor([whole])).logits[0].double().log_softmax(-1)
    return sum(log_probs[i - 1, whole[i]].item() for i in range(len(before), len(whole)))


@pytest.mark.parametrize("head", ["", "The quick brown fox jumps over the lazy dog, 0123456789 times; "])
def test_choice_scores_equal_one_forward_per_choice(engine: TransformersGenerator, head: str) -> None:
    for prompt, choice in zip(prompts(head=head), engine.choose(prompts(head=head), CHOICES)):
        assert isinstance(choice, Choice)
        expected = [naive_score(engine, prompt.text, candidate) for candidate in CHOICES]
        assert choice.scores == pytest.approx(expected, abs=1e-4)
        assert choice.tokens == tuple(
            len(engine.tokenizer(candidate, add_special_tokens=False).input_ids) for candidate in CHOICES
        )


def test_constrained_text_is_always_one_of_the_choices(engine: TransformersGenerator) -> None:
    asked = prompts(60)
    answers = generations(engine.constrain(asked, CHOICES))
    for answer, choice in zip(answers, engine.choose(asked, CHOICES)):
        assert isinstance(choice, Choice)
        index = CHOICES.index(answer.text)
        assert answer.logprob == pytest.approx(choice.scores[index], abs=1e-4)
        assert (answer.finish_reason, answer.new_tokens) == ("stop", choice.tokens[index])
        assert answer.share == pytest.approx(softmax(choice.scores)[index], abs=1e-4)
    assert len({answer.text for answer in answers}) > 2


def test_only_float32_promises_independence_of_the_batch(engine: TransformersGenerator, folder: Path) -> None:
    half = TransformersGenerator(str(folder), dtype="bfloat16")
    assert engine.batch_invariant and not half.batch_invariant
    assert len(generations(half.generate(prompts(3), GREEDY))) == 3


def test_linear_rope_scaling_stretches_the_context(folder: Path) -> None:
    stretched = TransformersGenerator(str(folder), rope_factor=4.0)
    assert stretched.context == 2048
    (answer,) = generations(stretched.generate([Prompt("a", "yes or no? " * 250)], GREEDY))
    assert answer.prompt_tokens > 512 and answer.cut_tokens == 0


def test_no_prompts_no_answers_and_no_choices_is_an_error(engine: TransformersGenerator) -> None:
    assert engine.generate([], GREEDY) == []
    assert engine.choose([], CHOICES) == []
    with pytest.raises(ValueError, match="no choices"):
        engine.constrain(prompts(), [])


def test_the_tokenizer_is_there_for_chat_templates(engine: TransformersGenerator, folder: Path) -> None:
    assert engine.tokenizer.get_vocab() == AutoTokenizer.from_pretrained(folder).get_vocab()
