"""CLIP embeddings of pictures and texts through open_clip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch

from actors.models.weights.length_batches import budget_for, length_batches
from actors.models.weights.open_picture import open_picture, refuse_growth
from actors.models.weights.packed_linears import PackedLinears
from actors.models.weights.remembered import Remembered

MOST_PICTURES = 32  # in one batch
POOLS_AT_THE_END = ("argmax", "eos")  # text poolings that look at the end-of-text token alone
CONFIG, LOCAL = "open_clip_config.json", "local-dir:"


class ClipModel:
    """A CLIP from `ARCHITECTURE/TAG` such as `ViT-L-14-336/openai`, or a folder in open_clip's format."""

    def __init__(self, name_or_folder: str, *, device: str | None = None) -> None:
        check_clip(name_or_folder)
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.token_budget = budget_for(self.device)
        self.model, self.transform, self.tokenizer = _load(name_or_folder, self.device)
        self.shortest = shortest_side(self.transform)
        self.packed = PackedLinears(self.model)
        self.pictures_per_batch = pictures_per_batch(self.model.visual, self.token_budget)
        self.pictures: Remembered[bytes] = Remembered(self._embed_pictures, key=digest)
        self.texts: Remembered[str] = Remembered(self._embed_texts)

    @torch.inference_mode()
    def embed_images(self, images: Sequence[bytes]) -> torch.Tensor:
        """Float32 `[len(images), width]` of length 1 on the CPU; each distinct picture is encoded once.

        Raises:
            BadRow: a picture cannot be read, or its sides are too unequal for the transform.
        """
        return self.pictures(images) if images else torch.zeros(0, 0)

    def _embed_pictures(self, distinct: list[bytes]) -> torch.Tensor:
        vectors, size = [], self.pictures_per_batch
        for start in range(0, len(distinct), size):
            files = distinct[start : start + size]
            pixels = torch.stack([self._pixels(file) for file in files])
            with self.packed:
                features = self.model.encode_image(pixels.to(self.device), normalize=True)
            vectors.append(features.float().cpu())
        return torch.cat(vectors)

    def _pixels(self, file: bytes) -> torch.Tensor:
        picture = open_picture(file)
        if self.shortest is not None:
            refuse_growth(picture, self.shortest)
        return self.transform(picture)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Float32 `[len(texts), width]` of length 1 on the CPU; each distinct text is encoded once."""
        return self.texts(texts) if texts else torch.zeros(0, 0)

    def _embed_texts(self, distinct: list[str]) -> torch.Tensor:
        tokens = self.tokenizer(distinct).to(self.device)
        ends = self._ends(tokens)
        vectors: list[torch.Tensor | None] = [None] * len(distinct)
        for group in length_batches([end + 1 for end in ends], token_budget=self.token_budget):
            batch = tokens[group, : ends[group[0]] + 1]
            with self.packed:
                encoded = self._encode(batch).float().cpu()
            for i, features in zip(group, encoded, strict=True):
                vectors[i] = features
        return torch.stack(vectors)  # type: ignore[arg-type]

    def _ends(self, tokens: torch.Tensor) -> list[int]:
        """Last position with an effect on each text's vector: the end-of-text token's in a causal tower."""
        pool = getattr(self.model, "text_pool_type", None)
        if pool not in POOLS_AT_THE_END or getattr(self.model, "attn_mask", None) is None:
            return [tokens.shape[1] - 1] * len(tokens)
        marks = tokens if pool == "argmax" else (tokens == self.model.text_eos_id).int()
        return marks.argmax(dim=-1).tolist()

    def _encode(self, tokens: torch.Tensor) -> torch.Tensor:
        model = self.model
        if tokens.shape[1] == model.context_length:
            return model.encode_text(tokens, normalize=True)
        from open_clip.transformer import text_global_pool

        length = tokens.shape[1]
        states = model.token_embedding(tokens) + model.positional_embedding[:length]
        states = model.ln_final(model.transformer(states, attn_mask=model.attn_mask[:length, :length]))
        eos = getattr(model, "text_eos_id", None)
        pooled = text_global_pool(states, tokens, model.text_pool_type, eos_token_id=eos)
        projection = model.text_projection
        if projection is not None:
            pooled = projection(pooled) if isinstance(projection, torch.nn.Linear) else pooled @ projection
        return torch.nn.functional.normalize(pooled, dim=-1)


def digest(content: bytes) -> bytes:
    """16 bytes that stand for a file."""
    return blake2b(content, digest_size=16).digest()


def shortest_side(transform: Any) -> int | None:
    """Pixels to which the transform scales a picture's shortest side; None where it fixes both sides."""
    from torchvision.transforms import Resize

    sizes = [step.size for step in getattr(transform, "transforms", ()) if isinstance(step, Resize)]
    for size in sizes:
        if isinstance(size, int) or len(size) == 1:
            return int(size if isinstance(size, int) else size[0])
    return None


def pictures_per_batch(tower: Any, token_budget: int) -> int:
    """Pictures that a tower encodes at a time; patches count as tokens where it cuts pictures into any."""
    grid = getattr(tower, "grid_size", None)
    return max(1, min(MOST_PICTURES, token_budget // math.prod(grid))) if grid else MOST_PICTURES


def check_clip(name_or_folder: str) -> None:
    """Returns when the name is `ARCHITECTURE/TAG` of open_clip, or a folder with its configuration.

    Raises:
        ValueError: the name is neither.
    """
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        if not (folder / CONFIG).is_file():
            raise ValueError(f"{str(folder)!r} has no {CONFIG}; expected a folder in open_clip's format")
        return
    from open_clip.pretrained import list_pretrained

    known = {f"{name}/{tag}" for name, tag in list_pretrained()}
    if name_or_folder not in known:
        from actors.did_you_mean import did_you_mean

        raise ValueError(
            f"CLIP {name_or_folder!r} is no folder and no ARCHITECTURE/TAG of open_clip, such as "
            f"ViT-L-14-336/openai{did_you_mean(name_or_folder, sorted(known))}"
        )


def _load(name_or_folder: str, device: str) -> tuple[Any, Any, Any]:
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    settings: dict[str, Any] = {"device": device, "precision": "fp32"}
    if Path(name_or_folder).expanduser().is_dir():
        name = f"{LOCAL}{Path(name_or_folder).expanduser()}"
    else:
        name, _, tag = name_or_folder.partition("/")
        # OpenAI's weights were trained with QuickGELU, which the architecture's name does not say.
        quick = bool(get_pretrained_cfg(name, tag).get("quick_gelu"))
        settings |= {"pretrained": tag, "force_quick_gelu": quick}
    try:
        model, transform = open_clip.create_model_from_pretrained(name, **settings)
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"cannot load the CLIP {name_or_folder!r}: {error}; give the folder of a local copy"
        ) from error
    return model.eval(), transform, open_clip.get_tokenizer(name)
