from __future__ import annotations

import json
from pathlib import Path

import torch
from miniature_home import TINY

from actors.models.judges.clip import ClipModel
from actors.models.weights.pocket import pocket_place
from trainers.pocket.clip import architecture, build, encode_texts, normalise, retrieval
from trainers.pocket.scenes import png, scenes
from trainers.pocket.tokenizer import clip_tokenizer

TEXTS = ["a red ring above a blue square", "two green squares", "a ring"]


def test_training_reads_texts_as_the_saved_model_does_whatever_the_padding(pocket_models: Path) -> None:
    model = ClipModel(str(pocket_place("clip", TINY, root=pocket_models)))
    tokenizer = model.tokenizer.tokenizer if hasattr(model.tokenizer, "tokenizer") else model.tokenizer
    with torch.no_grad():
        ours = encode_texts(model.model, tokenizer, TEXTS, TINY.clip.context)
    assert torch.allclose(ours, torch.as_tensor(model.embed_texts(TEXTS)), atol=1e-4)


def test_the_folder_is_one_that_open_clip_reads(pocket_models: Path) -> None:
    folder = pocket_place("clip", TINY, root=pocket_models)
    config = json.loads((folder / "open_clip_config.json").read_text())
    assert config["model_cfg"]["vision_cfg"]["width"] == TINY.clip.width
    assert config["preprocess_cfg"]["mean"] == [0.5, 0.5, 0.5]
    picture = ClipModel(str(folder)).embed_images([png(scenes("test", 1)[0], TINY.clip.side)])
    assert picture.shape == (1, TINY.clip.width)


def test_the_text_tower_fits_its_tokenizer() -> None:
    tokenizer = clip_tokenizer(TEXTS, 300)
    model = build(TINY.clip, tokenizer)
    assert model.token_embedding.num_embeddings == len(tokenizer)
    assert architecture(TINY.clip, tokenizer)["text_cfg"]["eos_id"] == tokenizer.eos_token_id


def test_pixels_reach_from_minus_1_to_1() -> None:
    pixels = torch.tensor([0, 255], dtype=torch.uint8)
    assert normalise(pixels).tolist() == [-1.0, 1.0]


def test_retrieval_is_measured_among_32_and_held_against_chance(pocket_models: Path) -> None:
    figure = retrieval(pocket_place("clip", TINY, root=pocket_models), TINY)
    assert (figure.rows, figure.baseline) == (32, 1 / 32)
