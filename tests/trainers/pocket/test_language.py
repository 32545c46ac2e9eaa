from __future__ import annotations

from pathlib import Path

import pytest
import torch
from miniature_home import TINY

from actors.models.weights.pocket import pocket_place
from trainers.pocket.language import IGNORED, Batches, contains, cut_batches, encode, generate, pad
from trainers.pocket.tokenizer import language_tokenizer
from trainers.pocket.words import Written

TEXT = Written("### Human: What is it?### Assistant: ", "A red ring.")


def test_only_the_answer_and_its_end_are_learnt() -> None:
    tokenizer = language_tokenizer([TEXT.prompt, TEXT.answer], 300)
    ids, labels = encode(tokenizer, TEXT, 500)
    learnt = [label for label in labels if label != IGNORED]
    assert tokenizer.decode(learnt) == "A red ring.</s>" and ids[-len(learnt) :] == learnt
    assert ids[0] == tokenizer.bos_token_id and len(ids) == len(labels)
    short, cut = encode(tokenizer, TEXT, 10)
    assert short == ids[:10] and cut == labels[:10]


def test_batches_hold_every_row_once_within_the_tokens() -> None:
    lengths = [5 + (number * 7) % 40 for number in range(600)]
    batches = cut_batches(lengths, 200, seed=1)
    assert sorted(row for batch in batches for row in batch) == list(range(600))
    assert all(len(batch) * max(lengths[row] for row in batch) <= 200 for batch in batches)
    assert batches == cut_batches(lengths, 200, seed=1) != cut_batches(lengths, 200, seed=2)


def test_padding_is_masked_and_not_learnt() -> None:
    batch = pad([([1, 5, 6], [IGNORED, 5, 6]), ([1], [1])])
    assert batch["input_ids"].tolist() == [[1, 5, 6], [1, 0, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["labels"].tolist() == [[IGNORED, 5, 6], [1, IGNORED, IGNORED]]


def test_batches_come_again_after_the_last() -> None:
    tokenizer = language_tokenizer([TEXT.prompt, TEXT.answer], 300)
    batches = Batches(tokenizer, [TEXT] * 9, TINY.language, seed=0)
    count = len(batches.groups)
    assert torch.equal(batches.batch(0)["input_ids"], batches.batch(count)["input_ids"])


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("It is a Red, ring.", "red ring", True),
        ("It is a redring.", "red", False),
        ("Two: 2!", "2", True),
        ("ring red", "red ring", False),
    ],
)
def test_an_answer_is_kept_where_its_words_stand_in_the_text(text: str, answer: str, expected: bool) -> None:
    assert contains(text, answer) is expected


def test_the_saved_model_writes_the_same_in_any_batch(pocket_models: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = pocket_place("language", TINY, root=pocket_models)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    prompts = ["### Human: What?", "### Human: What is in the picture, and where?"]
    together = generate(model, tokenizer, prompts, max_new=4)
    assert together == [generate(model, tokenizer, [prompt], max_new=4)[0] for prompt in prompts]
