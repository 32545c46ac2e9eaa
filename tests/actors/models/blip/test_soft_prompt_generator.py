from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
import torch
from tiny_flamingo import tiny_tokenizer
from torch import nn

from actors.base import BadRow, row_seed
from actors.models.blip.soft_prompt_generator import EmbeddedPrompt, PromptEmbedder, SoftPromptGenerator
from actors.models.decoding.candidate_tree import Candidates, CandidateScores
from actors.models.decoding.rows import Decoded, DecodeRow, Stopping
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt

QUERIES, WIDTH, CONTEXT = 2, 4, 40


class Blank:
    """A picture encoder of zeros."""

    def encode(self, pictures: Sequence[bytes], texts: Sequence[str]) -> list[torch.Tensor | BadRow]:
        return [torch.zeros(QUERIES, WIDTH) for _ in pictures]


class Says:
    """A decoder that writes one text, finds the later candidate likelier, and keeps the rows it was given."""

    def __init__(self, tokens: list[int]) -> None:
        self.tokens, self.rows = tokens, list[DecodeRow]()

    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        self.rows += rows
        return [Decoded(list(self.tokens), "stop", -1.5, len(self.tokens) + 1) for _ in rows]

    def score(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Candidates], end_tokens: frozenset[int]
    ) -> list[CandidateScores]:
        self.rows += rows
        return [
            CandidateScores([[float(place - 3)] * len(c) for place, c in enumerate(own)], [None] * len(own))
            for own in candidates
        ]


class Engine(SoftPromptGenerator):
    def __init__(self, *, is_seq2seq: bool = False, use_images: bool = True) -> None:
        self.tokenizer = tiny_tokenizer()
        table = nn.Embedding(len(self.tokenizer), WIDTH)
        model = SimpleNamespace(
            query_tokens=torch.zeros(1, QUERIES, WIDTH),
            language_model=SimpleNamespace(get_input_embeddings=lambda: table),
        )
        self.embedder = PromptEmbedder(model, self.tokenizer, Blank(), context=CONTEXT)
        self.decoder = Says(self.tokenizer("yes").input_ids)
        self.context, self.end_tokens = CONTEXT, frozenset({2})
        self.is_seq2seq, self.use_images, self.batch_invariant = is_seq2seq, use_images, True


SEEING, BLIND = Prompt("a", "what is it", images=(b"png",)), Prompt("b", "and this")


def test_an_answer_counts_its_soft_tokens_and_draws_from_its_rows_own_seed() -> None:
    engine = Engine()
    seeing, blind = engine.generate([SEEING, BLIND], GenerationParams(max_new_tokens=5, seed=9))
    assert isinstance(seeing, Generation) and isinstance(blind, Generation)
    assert (seeing.text, seeing.finish_reason, seeing.logprob, seeing.new_tokens) == ("yes", "stop", -1.5, 4)
    assert (seeing.prompt_tokens, blind.prompt_tokens) == (QUERIES + 10, 8)
    assert [row.seed for row in engine.decoder.rows] == [row_seed(9, "a"), row_seed(9, "b")]


def test_a_decoder_only_models_answer_ends_with_its_context() -> None:
    engine = Engine()
    engine.generate([SEEING], GenerationParams(max_new_tokens=500))
    assert engine.decoder.rows[0].max_new_tokens == CONTEXT - QUERIES - 10
    other = Engine(is_seq2seq=True)
    other.generate([SEEING], GenerationParams(max_new_tokens=500))
    assert other.decoder.rows[0].max_new_tokens is None


def test_without_pictures_the_prompt_is_its_words_alone() -> None:
    engine = Engine(use_images=False)
    [answer] = engine.generate([SEEING], GenerationParams(max_new_tokens=5))
    assert isinstance(answer, Generation) and answer.prompt_tokens == 10


def test_choices_are_scored_behind_the_prompt_and_a_bad_row_stays_one() -> None:
    bad, good = Engine().choose([Prompt("x", ""), BLIND], ["no", "maybe"])
    assert isinstance(bad, BadRow) and bad.reason == "empty_prompt"
    assert good == Choice((-6.0, -10.0), (2, 5), 8, 0)


def test_the_greedy_walk_ends_at_one_of_the_choices_exactly() -> None:
    [answer] = Engine().constrain([BLIND], [" drama", " comedy"])
    assert isinstance(answer, Generation)
    assert (answer.text, answer.finish_reason, answer.new_tokens) == (" comedy", "stop", 7)


def test_an_encoder_decoder_writes_a_choice_as_a_text_of_its_own() -> None:
    [answer] = Engine(is_seq2seq=True).choose([BLIND], [" no", " maybe"])
    assert isinstance(answer, Choice) and answer.tokens == (2, 5)


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="there are no choices"):
        Engine().choose([BLIND], [])
    with pytest.raises(ValueError, match="InstructBLIP engine knows no no_repeat_ngram"):
        Engine().generate([BLIND], GenerationParams(no_repeat_ngram=3))


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
