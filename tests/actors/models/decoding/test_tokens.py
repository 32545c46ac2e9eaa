from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer

from actors.base import BadRow
from actors.models.decoding.tokens import Fitted, PromptTokens
from actors.models.text_generator import Prompt

DOCUMENT = "The quick brown fox jumps over the lazy dog. " * 40
ASK = Prompt("r1", DOCUMENT, head="USER: ", tail="\nyes or no?", before="<s>", after=" ASSISTANT:")


@pytest.fixture(scope="module")
def tokenizer(tiny_llama: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_llama)


@pytest.fixture(scope="module")
def with_bos(tiny_llama: Path) -> Any:
    """The same, putting <s> in front of every text by default, as Llama's does."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    return tokenizer


def fit(tokens: PromptTokens, prompt: Prompt, reserve: int = 10) -> Fitted:
    (fitted,) = tokens.fit([prompt], reserve)
    assert isinstance(fitted, Fitted)
    return fitted


def test_a_prompt_that_fits_is_tokenised_whole_without_special_tokens(tokenizer: Any) -> None:
    fitted = fit(PromptTokens(tokenizer, 4096), ASK)
    assert fitted == Fitted("r1", ASK.text, tokenizer(ASK.text, add_special_tokens=False).input_ids, 0)


def test_the_tokenizers_own_first_token_is_put_in_front_exactly_once(with_bos: Any) -> None:
    tokens = PromptTokens(with_bos, 4096)
    spelled, missing = tokens.encode(["<s>yes or no?", "yes or no?"])
    assert spelled == missing
    assert spelled.count(1) == 1 and spelled[0] == 1


def test_nothing_is_put_in_front_where_the_tokenizer_does_not(tokenizer: Any) -> None:
    assert PromptTokens(tokenizer, 4096).encode(["yes"])[0][0] != tokenizer.bos_token_id


@pytest.mark.parametrize("context", [60, 100, 333])
def test_a_long_document_is_cut_from_its_end_and_nothing_else(tokenizer: Any, context: int) -> None:
    fitted = fit(PromptTokens(tokenizer, context), ASK)
    whole = tokenizer(ASK.text, add_special_tokens=False).input_ids
    assert context - 10 - 3 <= len(fitted.ids) <= context - 10
    assert fitted.cut_tokens == len(whole) - len(fitted.ids)
    start, end = "<s>USER: ", "\nyes or no? ASSISTANT:"
    assert fitted.text.startswith(start) and fitted.text.endswith(end)
    assert DOCUMENT.startswith(fitted.text[len(start) : -len(end)])
    assert tokenizer(fitted.text, add_special_tokens=False).input_ids == fitted.ids


def test_an_instruction_that_does_not_fit_is_a_bad_row_with_its_numbers(tokenizer: Any) -> None:
    tokens = PromptTokens(tokenizer, 20)
    short, long = tokens.fit([Prompt("a", "yes"), ASK], 10)
    assert isinstance(short, Fitted)
    assert isinstance(long, BadRow)
    assert long.reason == "too_long"
    assert "context of 20 leaves 10" in long.detail


def test_a_prompt_without_tokens_is_a_bad_row(tokenizer: Any) -> None:
    (empty,) = PromptTokens(tokenizer, 100).fit([Prompt("a", "")], 10)
    assert isinstance(empty, BadRow)
    assert empty.reason == "empty_prompt"


def test_candidate_tokens_are_those_that_the_whole_text_has_more(tokenizer: Any) -> None:
    tokens = PromptTokens(tokenizer, 4096)
    before = tokenizer(ASK.text, add_special_tokens=False).input_ids
    for choice, ids in zip([" comedy", " drama"], tokens.candidates(ASK.text, [" comedy", " drama"])):
        assert tokenizer(ASK.text + choice, add_special_tokens=False).input_ids == before + ids


def test_a_candidate_that_melts_into_the_prompt_is_tokenised_alone(tokenizer: Any) -> None:
    text = "Answer with one word: com"
    (ids,) = PromptTokens(tokenizer, 4096).candidates(text, ["edy"])
    assert ids == tokenizer("edy", add_special_tokens=False).input_ids


def test_an_empty_candidate_is_refused(tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="no tokens"):
        PromptTokens(tokenizer, 4096).candidates("yes or no?", [""])
