from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch
from tiny_flamingo import SMALL_LORA, picture, pixels_of, tiny_flamingo
from torch import nn

from actors.base import BadRow
from actors.models.flamingo.assembly import Flamingo
from actors.models.flamingo.config import MediaAttention
from actors.models.flamingo.decoding import FlamingoGenerator
from actors.models.flamingo.lora import lora_parameters, merge_lora
from actors.models.text_generator import Generation, GenerationParams, Prompt

GREEDY = GenerationParams(max_new_tokens=12, temperature=0.0)
MODES = list(MediaAttention)


def request(row_id: str, text: str, images: tuple[bytes, ...] = ()) -> Prompt:
    return Prompt(row_id, "", head=text, images=images)


def requests(count: int = 8) -> list[Prompt]:
    """Questions of very different lengths, four to a picture; some have none, some two."""
    chance = random.Random(0)
    made = []
    for i in range(count):
        words = "".join(chance.choices("abcdefgh ", k=chance.randint(3, 90)))
        shown = ((), (picture(i // 4),), (picture(i // 4), picture(99)))[(1, 1, 2, 1, 0)[i % 5]]
        marks = "<image>" * len(shown)
        made.append(request(f"row/{i}", f"the same beginning of all: {words}{marks} so", shown))
    return made


def packaged(flamingo: Flamingo, request: Prompt, **settings) -> list[int]:
    """Greedy tokens of open_flamingo's own generate, one row at a time."""
    ids = torch.tensor([FlamingoGenerator(flamingo).tokens.encode([request.text])[0]])
    with torch.no_grad():
        written = flamingo.model.generate(
            vision_x=pixels_of(flamingo, [list(request.images)]),
            lang_x=ids,
            attention_mask=torch.ones_like(ids),
            eos_token_id=flamingo.tokenizer.eos_token_id,
            pad_token_id=0,
            do_sample=False,
            max_new_tokens=GREEDY.max_new_tokens,
            **settings,
        )
    new = written[0, ids.shape[1] :].tolist()
    end = flamingo.tokenizer.eos_token_id
    return new[: new.index(end)] if end in new else new


def texts(results: list[Generation | BadRow]) -> list[str]:
    return [result.text for result in results if isinstance(result, Generation)]


def random_adapters(flamingo: Flamingo) -> None:
    for parameter in lora_parameters(flamingo.language_model).values():
        nn.init.normal_(parameter, std=0.3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ngram", [0, 2])
def test_greedy_texts_are_those_of_open_flamingo(mode, ngram):
    flamingo = tiny_flamingo(mode)
    asked = requests()
    settings = {"no_repeat_ngram_size": ngram} if ngram else {}
    expected = [flamingo.tokenizer.decode(packaged(flamingo, one, **settings), True) for one in asked]
    params = replace(GREEDY, no_repeat_ngram=ngram)
    written = FlamingoGenerator(flamingo, max_batch=4).generate(asked, params)
    assert texts(written) == expected
    assert len(set(expected)) > 4


@pytest.mark.parametrize("mode", MODES)
def test_the_picture_decides_the_text(mode):
    generator = FlamingoGenerator(tiny_flamingo(mode))
    asked = [request(str(i), "what is this?<image> it", (picture(i),)) for i in range(6)]
    assert len(set(texts(generator.generate(asked, GREEDY)))) > 1


@pytest.mark.parametrize("mode", MODES)
def test_a_rows_text_does_not_depend_on_its_batch(mode):
    generator = FlamingoGenerator(tiny_flamingo(mode), max_batch=3)
    params = GenerationParams(max_new_tokens=12, temperature=0.9, top_p=0.95, top_k=20, seed=42)
    together = generator.generate(requests(), params)
    alone = [generator.generate([one], params)[0] for one in requests()]
    assert texts(together) == texts(alone)
    assert len(texts(together)) == 8


def test_merged_adapters_write_the_same():
    plain, merged = (tiny_flamingo(lora=SMALL_LORA) for _ in range(2))
    for flamingo in (plain, merged):
        torch.manual_seed(3)
        random_adapters(flamingo)
    ids = torch.tensor([[1, 40, 50, plain.media_token, 60]])
    pixels = pixels_of(plain, [[picture(1)]])
    merge_lora(merged.language_model)
    with torch.no_grad():
        expected, found = (one.model(vision_x=pixels, lang_x=ids).logits for one in (plain, merged))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert not lora_parameters(merged.language_model)


def test_bad_requests_harm_no_neighbour():
    asked = [
        request("few", "two <image><image>", (picture(1),)),
        request("broken", "one <image>", (b"no picture",)),
        request("long", "x" * 300),
        request("fine", "one <image>", (picture(1),)),
    ]
    generator = FlamingoGenerator(tiny_flamingo())
    results = generator.generate(asked, GREEDY)
    reasons = [result.reason for result in results if isinstance(result, BadRow)]
    assert reasons == ["image_count", "unreadable_image", "too_long"]
    assert texts(results) == texts(generator.generate(asked[3:], GREEDY))


def test_a_draft_is_cut_and_the_cut_is_counted():
    generator = FlamingoGenerator(tiny_flamingo(context=128))
    prompt = Prompt("cut", "d" * 200, head="<image>write: ", tail=" polite:", images=(picture(1),))
    [result] = generator.generate([prompt], GREEDY)
    assert isinstance(result, Generation)
    assert result.cut_tokens > 80
    assert result.prompt_tokens + 12 <= 128


def test_finish_reason_and_logprob_are_reported():
    flamingo = tiny_flamingo()
    [result] = FlamingoGenerator(flamingo).generate([request("a", "hello")], GREEDY)
    assert isinstance(result, Generation)
    assert result.finish_reason in ("stop", "length")
    assert result.new_tokens <= 12
    assert result.logprob is not None and result.logprob < 0
