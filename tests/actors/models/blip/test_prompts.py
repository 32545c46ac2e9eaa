from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
import torch
from tiny_flamingo import tiny_tokenizer
from torch import nn

from actors.base import BadRow
from actors.models.blip.prompts import EmbeddedPrompt, PromptEmbedder
from actors.models.text_generator import Prompt

QUERIES, WIDTH, CONTEXT = 4, 8, 30


class Picture:
    """Soft tokens of one number for every picture; notes what the Q-Former reads."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, pictures: Sequence[bytes], texts: Sequence[str]) -> list[torch.Tensor | BadRow]:
        self.texts += texts
        return [
            BadRow("unreadable_image", "x")
            if picture == b"bad"
            else torch.full((QUERIES, WIDTH), float(len(picture)))
            for picture in pictures
        ]


@pytest.fixture
def embedder() -> PromptEmbedder:
    tokenizer = tiny_tokenizer()
    table = nn.Embedding(len(tokenizer), WIDTH)
    model = SimpleNamespace(
        query_tokens=torch.zeros(1, QUERIES, WIDTH),
        language_model=SimpleNamespace(get_input_embeddings=lambda: table),
    )
    return PromptEmbedder(model, tokenizer, Picture(), context=CONTEXT)


def test_soft_tokens_stand_in_front_of_the_words(embedder: PromptEmbedder) -> None:
    [seeing, blind] = embedder.embed([Prompt("1", "hello", images=(b"two",)), Prompt("2", "hello")], 0)
    assert isinstance(seeing, EmbeddedPrompt) and isinstance(blind, EmbeddedPrompt)
    assert seeing.embeds.shape == (QUERIES + 5, WIDTH)
    assert seeing.embeds[:QUERIES].unique().tolist() == [3.0]
    assert torch.equal(seeing.embeds[QUERIES:], blind.embeds)


def test_a_picture_takes_room_from_the_document(embedder: PromptEmbedder) -> None:
    long = "x" * 40
    [seeing, blind] = embedder.embed([Prompt("1", long, images=(b"a",)), Prompt("2", long)], reserve=5)
    assert isinstance(seeing, EmbeddedPrompt) and isinstance(blind, EmbeddedPrompt)
    assert len(seeing.embeds) == len(blind.embeds) == CONTEXT - 5
    assert (seeing.fit.cut_tokens, blind.fit.cut_tokens) == (19, 15)


def test_bad_rows_harm_no_neighbour(embedder: PromptEmbedder) -> None:
    results = embedder.embed(
        [
            Prompt("1", "a", images=(b"bad",)),
            Prompt("2", "b", images=(b"x", b"y")),
            Prompt("3", ""),
            Prompt("4", "d", images=(b"fine",)),
        ],
        0,
    )
    reasons = [result.reason if isinstance(result, BadRow) else None for result in results]
    assert reasons == ["unreadable_image", "too_many_images", "empty_prompt", None]


def test_a_token_without_embedding_is_a_bad_row(embedder: PromptEmbedder) -> None:
    embedder.vocabulary = nn.Embedding(5, WIDTH)
    [result] = embedder.embed([Prompt("1", "zzz")], 0)
    assert isinstance(result, BadRow) and result.reason == "unknown_token"


def test_the_qformer_reads_the_instruction_without_the_templates_marks(embedder: PromptEmbedder) -> None:
    prompt = Prompt("1", "is it <s>?", head="Q: ", before="<s>USER ", after=" BOT</s>", images=(b"a",))
    embedder.embed([prompt], 0)
    assert embedder.soft_tokens.texts == ["USER Q: is it <s>? BOT"]
