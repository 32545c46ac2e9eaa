"""Our Flamingo decoding against open_flamingo's own `generate`, greedy, float32 on the CPU.

Four questions to a picture in random order. A prompt is a system line of 40 tokens, a question, the
picture's mark and a draft of 3 to 60 tokens, 60 to 130 together; answers end by themselves anywhere from the
first token to the 128th. The sides, in turn in one process, with the same weights and the same tokens as
their result (checked row by row):

- open_flamingo: batches of 16 in file order, padded on the left, every row with its own copy of its picture,
  each batch until its last row ends;
- ours: `FlamingoGenerator.generate` with its default of 32 slots, tokenisation, pictures and decoding of text
  included; once on torch's own linear layers, once, as it comes, on oneDNN's.

The model has random weights and about the proportions of the 9B one: a picture costs a quarter of reading a
prompt, and cross-attention to it about a tenth of a decoding step. How long answers are is set by how likely
the end token is, here about one in thirty at each step; a refilled slot gains as much as the longest answer
of a batch exceeds the mean, so the ratio is a statement about lengths as much as about code.

Expected before the first run: with such lengths the longest of 16 answers is 3.4 times the mean. Slots are
refilled with single prompts, which costs a fifth of that back: 2.7. Encoding pictures once, reading prompts
without padding, no growing cache and no second projection of pictures at every step: another 1.4. So about
3.8. Required: 3. A first run had prompts of 60 to 260 random tokens with nothing in common and answers of 16
tokens in the middle: reading prompts took half of our time, and the ratio was 2.1 by CPU. Since then the
system line is read once per picture, and the prompts are laid out like the rewriter's. Measured then: 2.5.

Taken apart, 60 % of our time was products of 10 to 16 rows, which MKL computes at less than half the speed of
oneDNN on an AMD core, and a seventh attention over cached keys. Since then linear layers run on oneDNN with
packed weights (torch takes MKL for float32, in open_flamingo's generate too), and a batch has 32 slots in
place of 16. Expected: 2.8 with the slots alone, and 5 with both. Measured: 3.7 and 6.6; twice as many slots
also leave half as many steps at the end in which most slots are empty, which the expectation forgot.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Sequence

import torch
from PIL import Image
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils.logging import set_verbosity_error

from actors.models.flamingo.assembly import Flamingo, assemble
from actors.models.flamingo.config import FlamingoConfig
from actors.models.flamingo.decoding import FlamingoGenerator
from actors.models.flamingo.vision import PictureTransform, Vision, build_tower
from actors.models.text_generator import Generation, GenerationParams, Prompt
from benchmarks.actors.word_tokenizer import word_tokenizer
from benchmarks.results_table import write_results
from benchmarks.turns import HEADING, Turns

BATCH, QUESTIONS, SYSTEM_TOKENS = 16, 4, 40
PARAMS = GenerationParams(max_new_tokens=128, temperature=0.0)
SIDE = 224
TOWER = {
    "embed_dim": 192,
    "quick_gelu": True,
    "vision_cfg": {
        "image_size": SIDE,
        "patch_size": 16,
        "width": 192,
        "layers": 8,
        "head_width": 64,
        "mlp_ratio": 4.0,
    },
}
END_SCALE = 1.8  # of the end token's output row: how often greedy decoding picks it


def model() -> Flamingo:
    """Random weights with open gates, the end token likelier than others."""
    torch.manual_seed(0)
    tokenizer = word_tokenizer()
    settings = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=512,
        intermediate_size=1408,
        num_hidden_layers=8,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=1024,
        tie_word_embeddings=False,
        initializer_range=0.1,
    )
    config = FlamingoConfig("random", "random", perceiver_depth=2, num_latents=8)
    vision = Vision(build_tower(TOWER), PictureTransform(SIDE), TOWER)
    built = assemble(LlamaForCausalLM(settings), tokenizer, vision, config, context=1024)
    with torch.no_grad():
        built.language_model.lm_head.weight[tokenizer.eos_token_id] *= END_SCALE
        for block in built.language_model.gated_cross_attn_layers:
            if block is not None:
                block.attn_gate.fill_(1.0)
                block.ff_gate.fill_(0.2)
    return built


def mixed_requests(rows: int, words: Sequence[str]) -> list[Prompt]:
    """Rows with four questions to a picture, in random order, the same at every call."""
    chance = random.Random(0)
    system = " ".join(words[:SYSTEM_TOKENS])
    pictures = [noise(seed) for seed in range(-(-rows // QUESTIONS))]
    made = []
    for i in range(rows):
        question = " ".join(chance.choices(words, k=chance.randint(8, 30)))
        draft = " ".join(chance.choices(words, k=chance.randint(3, 60)))
        prompt = f"{system} {question} <image> {draft} so"
        made.append(Prompt(f"mixed/{i}", "", head=prompt, images=(pictures[i // QUESTIONS],)))
    chance.shuffle(made)
    return made


def noise(seed: int) -> bytes:
    """A picture file."""
    pixels = torch.randint(0, 256, (SIDE, SIDE, 3), generator=torch.Generator().manual_seed(seed))
    buffer = io.BytesIO()
    Image.fromarray(pixels.to(torch.uint8).numpy()).save(buffer, format="PPM")
    return buffer.getvalue()


@torch.inference_mode()
def packaged(flamingo: Flamingo, requests: Sequence[Prompt]) -> list[str]:
    """Texts of open_flamingo's `generate`."""
    tokenizer, texts = flamingo.tokenizer, []
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        read = tokenizer(
            [request.text for request in batch], padding=True, padding_side="left", return_tensors="pt"
        )
        pixels = torch.stack([flamingo.transform(request.images[0]) for request in batch])
        written = flamingo.model.generate(
            vision_x=pixels[:, None, None],
            lang_x=read.input_ids,
            attention_mask=read.attention_mask,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id,
            do_sample=False,
            max_new_tokens=PARAMS.max_new_tokens,
        )
        texts += tokenizer.batch_decode(written[:, read.input_ids.shape[1] :], skip_special_tokens=True)
    return texts


def texts_of(engine: FlamingoGenerator, requests: Sequence[Prompt]) -> list[str]:
    """Texts of our decoding."""
    return [one.text for one in engine.generate(requests, PARAMS) if isinstance(one, Generation)]


def main(rows: int = 64, rounds: int = 1) -> None:
    set_verbosity_error()
    flamingo = model()
    engine, unpacked = FlamingoGenerator(flamingo), FlamingoGenerator(flamingo)
    unpacked.packed.parts = []
    requests = mixed_requests(rows, [f"w{i}" for i in range(1000)])
    answers = [one for one in engine.generate(requests, PARAMS) if isinstance(one, Generation)]
    lengths = sorted(answer.new_tokens for answer in answers)

    def check(name: str, texts: object) -> None:
        assert texts == [answer.text for answer in answers], f"{name} wrote other tokens"

    turns = Turns()
    for _ in range(rounds):
        turns.run(
            {
                "open_flamingo": lambda: packaged(flamingo, requests),
                "ours on torch's linear layers": lambda: texts_of(unpacked, requests),
                "ours": lambda: texts_of(engine, requests),
            },
            check,
        )
    write_results(
        "rewriting",
        "Rewriting",
        HEADING,
        turns.lines(rows),
        note=(
            f"{rows} rows, {sum(lengths)} new tokens (shortest {lengths[0]}, median {lengths[rows // 2]}, "
            f"longest {lengths[-1]}), the same on both sides; {turns.note()}"
        ),
        doc=__doc__ or "",
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
