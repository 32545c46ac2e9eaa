from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from actors.base import BadRow
from actors.models.blip.instruct_blip import SoftTokens, read_pixels


@pytest.fixture(scope="module")
def soft_tokens(tiny_blip_llama: Path) -> SoftTokens:
    from transformers import AutoTokenizer, InstructBlipForConditionalGeneration

    model = InstructBlipForConditionalGeneration.from_pretrained(tiny_blip_llama).eval()
    return SoftTokens(model, AutoTokenizer.from_pretrained(tiny_blip_llama, subfolder="qformer_tokenizer"))


def test_soft_tokens_equal_those_of_the_library_and_its_processor(
    soft_tokens: SoftTokens, tiny_blip_llama: Path, pictures: list[bytes]
) -> None:
    from transformers import AutoTokenizer, BlipImageProcessor, InstructBlipProcessor

    processor = InstructBlipProcessor(
        BlipImageProcessor(size={"height": soft_tokens.size, "width": soft_tokens.size}),
        AutoTokenizer.from_pretrained(tiny_blip_llama),
        AutoTokenizer.from_pretrained(tiny_blip_llama, subfolder="qformer_tokenizer"),
        num_query_tokens=4,
    )
    texts = ["is the text hateful?", "identify the genre of this movie"]
    ours = soft_tokens.encode(pictures[:2], texts)
    for picture, text, found in zip(pictures, texts, ours):
        inputs = processor(images=Image.open(io.BytesIO(picture)), text=text, return_tensors="pt")
        names = ("pixel_values", "qformer_input_ids", "qformer_attention_mask")
        with torch.inference_mode():
            theirs = soft_tokens.model.get_image_features(**{name: inputs[name] for name in names})
        torch.testing.assert_close(found, theirs.pooler_output[0], atol=1e-4, rtol=1e-4)


def test_the_instruction_changes_what_the_queries_find(
    soft_tokens: SoftTokens, pictures: list[bytes]
) -> None:
    one, other = soft_tokens.encode([pictures[0]] * 2, ["is the text hateful?", "the quick brown fox"])
    assert isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)
    assert one.shape == (4, 32)
    assert float((one - other).abs().max()) > 0.01


def test_a_picture_that_many_rows_share_passes_the_vision_model_once(
    soft_tokens: SoftTokens, pictures: list[bytes]
) -> None:
    seen: list[int] = []
    hook = soft_tokens.model.vision_model.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(len(kwargs["pixel_values"])), with_kwargs=True
    )
    soft_tokens.encode([pictures[0], pictures[1]] * 20, [f"question {row}" for row in range(40)])
    hook.remove()
    assert seen == [2]


def test_a_picture_that_cannot_be_read_costs_its_own_rows(
    soft_tokens: SoftTokens, pictures: list[bytes]
) -> None:
    alone = soft_tokens.encode([pictures[0]], ["genre?"])[0]
    mixed = soft_tokens.encode([b"junk", pictures[0], pictures[1][:60]], ["genre?"] * 3)
    assert [getattr(result, "reason", None) for result in mixed] == [
        "unreadable_image",
        None,
        "unreadable_image",
    ]
    assert isinstance(alone, torch.Tensor) and isinstance(mixed[1], torch.Tensor)
    torch.testing.assert_close(mixed[1], alone)


def test_of_a_long_instruction_the_qformer_reads_the_last_128_tokens(
    soft_tokens: SoftTokens, pictures: list[bytes]
) -> None:
    end = "the quick brown fox " * 40
    long, longer = soft_tokens.encode([pictures[0]] * 2, ["drama " + end, "comedy both " * 50 + end])
    assert not isinstance(long, BadRow) and not isinstance(longer, BadRow)
    torch.testing.assert_close(long, longer)


def _photo(mode: str = "RGB", size: tuple[int, int] = (317, 200), form: str = "PNG") -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).resize(size).convert(mode).save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize(("mode", "form"), [("RGB", "PNG"), ("RGB", "JPEG"), ("L", "PNG"), ("P", "GIF")])
def test_pixels_equal_those_of_the_library_processor(mode: str, form: str) -> None:
    from transformers import BlipImageProcessor

    data = _photo(mode, form=form)
    processor = BlipImageProcessor(size={"height": 224, "width": 224})
    theirs = processor(images=Image.open(io.BytesIO(data)), return_tensors="pt")["pixel_values"][0]
    ours = read_pixels(data)
    assert ours.shape == (3, 224, 224)
    # One step of 8 bits is 1 / 255 / 0.26 after normalisation; resizers round differently by one step.
    torch.testing.assert_close(ours, theirs, atol=1.01 / 255 / 0.26, rtol=0)


def test_the_whole_picture_is_kept_and_squeezed_to_a_square() -> None:
    wide = Image.new("RGB", (400, 100), "black")
    wide.paste("white", (0, 0, 10, 100))
    wide.paste("white", (390, 0, 400, 100))
    buffer = io.BytesIO()
    wide.save(buffer, "PNG")
    pixels = read_pixels(buffer.getvalue(), 40)
    assert float(pixels[0, 20, 0]) > 1.5 and float(pixels[0, 20, -1]) > 1.5
    assert float(pixels[0, 20, 20]) < -1.5
