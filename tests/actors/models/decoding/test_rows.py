from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer, GenerationConfig

from actors.models.decoding.rows import Stopping, end_tokens


@pytest.fixture(scope="module")
def tokenizer(tiny_llama: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_llama)


def test_a_stop_string_is_seen_as_soon_as_its_last_token_arrives(tokenizer: Any) -> None:
    stopping = Stopping(tokenizer, frozenset({2}), ("fox jumps", "zzz"))
    ids = tokenizer("The quick brown fox jumps over the lazy dog", add_special_tokens=False).input_ids
    seen = [stopping.reached(ids[:length]) for length in range(1, len(ids) + 1)]
    first = seen.index(True)
    assert "fox jumps" in tokenizer.decode(ids[: first + 1])
    assert "fox jumps" not in tokenizer.decode(ids[:first])
    assert stopping.text(ids) == "The quick brown "


def test_a_stop_string_of_characters_that_take_several_tokens_is_seen(tokenizer: Any) -> None:
    stopping = Stopping(tokenizer, frozenset(), ("猫猫",))
    ids = tokenizer("dog 犬猫猫", add_special_tokens=False).input_ids
    assert len(ids) > 9
    assert [stopping.reached(ids[:length]) for length in (len(ids) - 1, len(ids))] == [False, True]
    assert stopping.text(ids) == "dog 犬"


def test_the_earliest_of_several_stop_strings_ends_the_text(tokenizer: Any) -> None:
    ids = tokenizer("yes or no? The", add_special_tokens=False).input_ids
    assert Stopping(tokenizer, frozenset(), ("no", "or")).text(ids) == "yes "


def test_without_stop_strings_the_whole_text_is_kept(tokenizer: Any) -> None:
    stopping = Stopping(tokenizer, frozenset())
    ids = tokenizer("yes or no?", add_special_tokens=False).input_ids
    assert not stopping.reached(ids)
    assert stopping.text([*ids, 2]) == "yes or no?"


def test_an_empty_stop_string_is_refused(tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="empty"):
        Stopping(tokenizer, frozenset(), ("a", ""))


def test_end_tokens_come_from_settings_and_tokenizer_together(tokenizer: Any) -> None:
    assert end_tokens(GenerationConfig(eos_token_id=[7, 9]), tokenizer) == {2, 7, 9}
    assert end_tokens(GenerationConfig(eos_token_id=7), tokenizer) == {2, 7}
    assert end_tokens(None, tokenizer) == {2}
