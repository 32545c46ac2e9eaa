"""The pocket CLIP: open_clip's own model at a small size, saved as open_clip's local folder."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from actors.models.weights.pocket import ClipRecipe, PocketRecipe
from trainers.pocket.figures import Figure, share
from trainers.pocket.loop import Fit, fit
from trainers.pocket.scenes import full_caption, picture_text, pictures, png, scenes, step_random
from trainers.pocket.tokenizer import clip_tokenizer

MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
GROUP = 32  # pictures among which each text's own is retrieved


def train_clip(folder: Path, recipe: PocketRecipe, checkpoint: Path | None = None) -> list[Figure]:
    """Writes the trained model to `folder` and returns its retrieval on held-out scenes."""
    import torch

    settings = recipe.clip
    drawn = scenes("train", settings.pictures)
    pixels = pictures(drawn, settings.side)
    rng = step_random(recipe.seed, "clip words", 0)
    tokenizer = clip_tokenizer((picture_text(scene, rng) for scene in drawn[:4000]), settings.vocabulary)
    torch.manual_seed(recipe.seed)
    model = build(settings, tokenizer)

    def loss(step: int) -> Any:
        draw = step_random(recipe.seed, "clip", step)
        chosen = draw.sample(range(len(drawn)), settings.batch)
        texts = [picture_text(drawn[i], draw) for i in chosen]
        images = model.encode_image(normalise(pixels[chosen]), normalize=True)
        words = encode_texts(model, tokenizer, texts, settings.context)
        logits = model.logit_scale.exp().clamp(max=100) * images @ words.T
        own = torch.arange(settings.batch)
        cross = torch.nn.functional.cross_entropy
        return (cross(logits, own) + cross(logits.T, own)) / 2

    model.train()
    fitting = Fit("clip", settings.steps, settings.learning_rate, 0.05, checkpoint)
    fit(list(model.parameters()), loss, fitting)
    save(model.eval(), tokenizer, settings, folder)
    return [retrieval(folder, recipe)]


def architecture(settings: ClipRecipe, tokenizer: Any) -> dict[str, Any]:
    """open_clip's configuration of a CLIP of this size (`model_cfg`)."""
    return {
        "embed_dim": settings.width,
        "vision_cfg": {
            "image_size": settings.side,
            "layers": settings.layers,
            "width": settings.width,
            "head_width": 32,
            "patch_size": settings.patch,
        },
        "text_cfg": {
            "context_length": settings.context,
            "vocab_size": len(tokenizer),
            "hf_tokenizer_name": "pocket",  # any name: a local folder's own tokenizer is taken
            "width": settings.width,
            "heads": max(1, settings.width // 32),
            "layers": settings.layers,
            "pool_type": "eos",
            "eos_id": tokenizer.eos_token_id,
        },
    }


def build(settings: ClipRecipe, tokenizer: Any) -> Any:
    """An untrained open_clip model."""
    from open_clip.model import CLIP

    return CLIP(**architecture(settings, tokenizer))


def normalise(pixels: Any) -> Any:
    """uint8 pixels as the model's input: -1 to 1."""
    return pixels.float() / 127.5 - 1


def encode_texts(model: Any, tokenizer: Any, texts: list[str], context: int) -> Any:
    """Embeddings of length 1, the batch padded to its own longest text and not to the whole context."""
    import torch

    tokens = tokenizer(texts, padding=True, truncation=True, max_length=context, return_tensors="pt")
    ids = tokens["input_ids"]
    length = ids.shape[1]
    hidden = model.token_embedding(ids) + model.positional_embedding[:length]
    hidden = model.ln_final(model.transformer(hidden, attn_mask=model.attn_mask[:length, :length]))
    ends = (ids == model.text_eos_id).int().argmax(-1)
    pooled = hidden[torch.arange(len(texts)), ends] @ model.text_projection
    return torch.nn.functional.normalize(pooled, dim=-1)


def save(model: Any, tokenizer: Any, settings: ClipRecipe, folder: Path) -> None:
    """Writes configuration, weights and tokenizer as open_clip reads them from `local-dir:`."""
    from safetensors.torch import save_file

    tokenizer.save_pretrained(folder)
    preprocess = {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "shortest"}
    config = {"model_cfg": architecture(settings, tokenizer), "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")
    weights = {name: value.detach().contiguous().clone() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")


def retrieval(folder: Path, recipe: PocketRecipe) -> Figure:
    """How often a caption finds its picture among 32 (R@1), with the model as users load it."""
    from actors.models.judges.clip import ClipModel

    held_out = scenes("test", recipe.held_out - recipe.held_out % GROUP)
    model = ClipModel(str(folder))
    rng = Random(recipe.seed)
    texts = model.embed_texts([full_caption(scene, rng) for scene in held_out])
    images = model.embed_images([png(scene, recipe.clip.side) for scene in held_out])
    right: list[bool] = []
    for start in range(0, len(held_out), GROUP):
        scores = texts[start : start + GROUP] @ images[start : start + GROUP].T
        right += [int(row.argmax()) == i for i, row in enumerate(scores)]
    return share("R@1 of 32", right, 1 / GROUP, "chance")
