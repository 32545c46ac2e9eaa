from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
import torch
from PIL import Image

from actors.base import BadRow
from actors.models.blip.lavis_generator import Blip2LavisGenerator
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt
from actors.prompts.conversation import RAW, with_special_tokens

ARCHITECTURES = ("blip2_opt", "blip2_t5")
GREEDY = GenerationParams(max_new_tokens=8, temperature=0)
DRAWN = GenerationParams(max_new_tokens=8, temperature=1.5, top_p=0.95, seed=3)
QUESTION = " is this picture a comedy or a drama"
COLOURS = ["red", "blue", "green"]


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def generators(lavis_folder) -> dict[str, Blip2LavisGenerator]:
    return {arch: Blip2LavisGenerator(str(lavis_folder(arch))) for arch in ARCHITECTURES}


def prompts_for(
    generator: Blip2LavisGenerator, documents: list[str], pictures: list[bytes | None]
) -> list[Prompt]:
    before, after = with_special_tokens(RAW, generator.tokenizer).wrap()
    return [
        Prompt(
            f"row/{place}",
            document,
            tail=QUESTION,
            before=before,
            after=after,
            images=() if seen is None else (seen,),
        )
        for place, (document, seen) in enumerate(zip(documents, pictures))
    ]


def test_greedy_t5_text_equals_that_of_lavis(generators):
    generator = generators["blip2_t5"]
    documents = ["a red square", "a photo of a blue background what is shown", "drama"]
    pictures = [picture(colour) for colour in COLOURS]
    ours = generator.generate(prompts_for(generator, documents, pictures), GREEDY)
    loaded = generator.embedder.soft_tokens.loaded
    images = [loaded.transform(Image.open(io.BytesIO(seen)).convert("RGB")) for seen in pictures]
    for document, image, answer in zip(documents, images, ours):
        sample = {"image": image[None], "prompt": document + QUESTION}
        [theirs] = loaded.model.generate(sample, num_beams=1, max_length=8, min_length=0)
        assert isinstance(answer, Generation)
        assert theirs
        assert answer.text == theirs


def test_greedy_opt_text_equals_a_plain_loop_over_lavis_parts(generators):
    generator = generators["blip2_opt"]
    loaded = generator.embedder.soft_tokens.loaded
    model: Any = loaded.model
    seen = picture("red")
    [answer] = generator.generate(prompts_for(generator, ["a photo"], [seen]), GREEDY)
    with torch.no_grad():
        image = loaded.transform(Image.open(io.BytesIO(seen)).convert("RGB"))[None]
        features = model.ln_vision(model.visual_encoder(image))
        read = model.Qformer.bert(
            query_embeds=model.query_tokens, encoder_hidden_states=features, return_dict=True
        )
        ids = model.opt_tokenizer("a photo" + QUESTION, return_tensors="pt").input_ids
        embed = model.opt_model.get_input_embeddings()
        vectors = torch.cat([model.opt_proj(read.last_hidden_state), embed(ids)], dim=1)
        new: list[int] = []
        while len(new) < 8:
            token = int(model.opt_model(inputs_embeds=vectors).logits[0, -1].argmax())
            if token in (model.eos_token_id, model.opt_tokenizer.eos_token_id):
                break
            new.append(token)
            vectors = torch.cat([vectors, embed(torch.tensor([[token]]))], dim=1)
    assert new
    assert isinstance(answer, Generation)
    assert answer.text == model.opt_tokenizer.decode(new, skip_special_tokens=True)
    assert answer.prompt_tokens == 4 + ids.shape[1]


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("params", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_a_row_answers_the_same_in_any_company(arch, params, generators, lavis_folder):
    generator = generators[arch]
    documents = ["a photo of a " * times for times in (1, 4, 2, 5, 1, 3)]
    red, blue, green = (picture(colour) for colour in COLOURS)
    prompts = prompts_for(generator, documents, [red, None, blue, red, None, green])
    together = generator.generate(prompts, params)
    small = Blip2LavisGenerator(str(lavis_folder(arch)), token_budget=1, max_batch=1)
    alone = [small.generate([prompt], params)[0] for prompt in reversed(prompts)][::-1]
    for one, other in zip(together, alone):
        assert isinstance(one, Generation) and isinstance(other, Generation)
        assert (one.text, one.new_tokens, one.finish_reason) == (
            other.text,
            other.new_tokens,
            other.finish_reason,
        )
        assert one.logprob == pytest.approx(other.logprob, abs=1e-3)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_another_seed_draws_another_text(arch, generators):
    generator = generators[arch]
    prompts = prompts_for(generator, ["a photo"] * 3, [picture(colour) for colour in COLOURS])
    first, second = (
        [answer.text for answer in generator.generate(prompts, replace(DRAWN, seed=seed))] for seed in (3, 4)
    )
    assert first != second


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_picture_changes_the_scores_and_the_unimodal_run_ignores_it(arch, generators, lavis_folder):
    generator = generators[arch]
    pictures = [picture(colour) for colour in COLOURS]
    choices = [" comedy", " drama", " both"]
    seen = generator.choose(prompts_for(generator, ["a photo"] * 3, pictures), choices)
    assert len({answer.scores for answer in seen if isinstance(answer, Choice)}) == 3
    blind = Blip2LavisGenerator(str(lavis_folder(arch)), use_images=False)
    [ignored] = blind.choose(prompts_for(blind, ["a photo"], [b"junk"]), choices)
    [without] = generator.choose(prompts_for(generator, ["a photo"], [None]), choices)
    assert isinstance(ignored, Choice) and isinstance(without, Choice)
    assert ignored.scores == pytest.approx(without.scores, abs=1e-4)
    assert isinstance(seen[0], Choice)
    assert seen[0].prompt_tokens == without.prompt_tokens + 4


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_an_undecodable_picture_fails_its_row_alone(arch, generators):
    generator = generators[arch]
    good = prompts_for(generator, ["a photo", "drama"], [picture("red"), None])
    junk = replace(good[0], id="junk", images=(b"junk",))
    cut = replace(good[0], id="cut", images=(picture("red")[:40],))
    answers = generator.generate([good[0], junk, cut, good[1]], DRAWN)
    alone = generator.generate(good, DRAWN)
    assert [bad.reason for bad in answers[1:3] if isinstance(bad, BadRow)] == ["unreadable_image"] * 2
    assert [answers[0].text, answers[3].text] == [answer.text for answer in alone]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_constrained_text_is_the_choice_that_greedy_steps_lead_to(arch, generators):
    generator = generators[arch]
    choices = [" comedy", " drama", " both"]
    prompts = prompts_for(generator, ["a photo", "a red square"], [picture("red"), picture("blue")])
    answers = generator.constrain(prompts, choices)
    assert all(isinstance(answer, Generation) and answer.text in choices for answer in answers)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_one_row_decoder_of_the_old_stack_agrees(arch, generators):
    from actors.models.blip.lavis_generator import OldStackDecoder

    generator = generators[arch]
    prompts = prompts_for(generator, ["a photo", "a red square"], [picture("red"), None])
    rows = generator._decode_rows(generator._embed(prompts, 8), seed=3)
    old = OldStackDecoder(generator.decoder.model)
    candidates = [[[5, 6], [7], [5, 6, 8]]] * 2
    ours, theirs = (
        decoder.score(rows, candidates, generator.end_tokens) for decoder in (generator.decoder, old)
    )
    for one, other in zip(ours, theirs):
        assert one.totals() == pytest.approx(other.totals(), abs=1e-4)
        assert one.ends[0] == pytest.approx(other.ends[0], abs=1e-4)
