"""The vision tower of a Flamingo: open_clip's, giving patch tokens as OpenFlamingo's weights expect them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

LOCAL_CONFIG = "open_clip_config.json"
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class PictureTransform:
    """open_clip's transform for evaluation: shortest side to `size` (bicubic), centre crop, normalised.

    A picture whose sides are `size` already, as the image reader hands them on, is only normalised.
    """

    size: int
    mean: tuple[float, ...] = CLIP_MEAN
    std: tuple[float, ...] = CLIP_STD

    def __call__(self, picture: Any) -> torch.Tensor:
        """Pixels `[3, size, size]` of a PIL image, or of a picture file's bytes."""
        from PIL import Image
        from torchvision.transforms import functional

        if isinstance(picture, bytes):
            picture = Image.open(io.BytesIO(picture))
        bicubic = functional.InterpolationMode.BICUBIC
        picture = functional.resize(picture.convert("RGB"), [self.size], interpolation=bicubic)
        pixels = functional.to_tensor(functional.center_crop(picture, [self.size, self.size]))
        return functional.normalize(pixels, list(self.mean), list(self.std))


@dataclass(frozen=True)
class Vision:
    """The tower, its transform, and what it takes to build the same tower without weights."""

    tower: nn.Module
    transform: PictureTransform
    description: Mapping[str, Any]


def load_vision(name: str, image_size: int | None = None) -> Vision:
    """The tower of `NAME/WEIGHTS` (or `NAME` with random weights) or of a folder in open_clip's layout.

    Raises:
        ValueError: open_clip knows no such model or weights, or the folder is incomplete.
    """
    import open_clip

    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / LOCAL_CONFIG).is_file():
            raise ValueError(f"{name!r} has no {LOCAL_CONFIG}; expected a folder in open_clip's local layout")
        model, weights = f"local-dir:{folder.resolve()}", None
    else:
        model, _, tag = name.partition("/")
        weights = tag or None
        if model not in open_clip.list_models() or (
            weights and (model, weights) not in open_clip.list_pretrained()
        ):
            raise ValueError(
                f"open_clip has no vision tower {name!r}; give NAME/WEIGHTS such as ViT-L-14-336/openai, or "
                "a folder that exists"
            )
    settings: dict[str, Any] = {"force_image_size": image_size} if image_size else {}
    clip = open_clip.create_model(model, pretrained=weights, **settings)
    tower = patch_tokens(clip.visual)
    size = tower.image_size[0] if isinstance(tower.image_size, (tuple, list)) else tower.image_size
    transform = PictureTransform(
        size, tuple(tower.image_mean or CLIP_MEAN), tuple(tower.image_std or CLIP_STD)
    )
    return Vision(tower, transform, describe(tower))


def patch_tokens(tower: Any) -> Any:
    """`tower` set to return its patch tokens too, before the last layer norm and without the class token.

    open_clip up to 2.22 returned them so, and OpenFlamingo's weights were trained on that; later versions
    normalise first unless told that the norm comes after pooling, which leaves the pooled vector as it is.

    Raises:
        ValueError: a tower without patch tokens of that kind.
    """
    if not hasattr(tower, "ln_post") or getattr(tower, "attn_pool", None) is not None:
        raise ValueError(
            f"a {type(tower).__name__} gives no patch tokens; choose a plain ViT such as ViT-L-14"
        )
    tower.output_tokens = True
    tower.final_ln_after_pool = True
    return tower.requires_grad_(False)


def describe(tower: Any) -> dict[str, Any]:
    """Sizes that rebuild the tower with `build_tower`."""
    block = tower.transformer.resblocks[0]
    width = tower.conv1.out_channels
    return {
        "embed_dim": tower.output_dim,
        "quick_gelu": type(block.mlp.gelu).__name__ == "QuickGELU",
        "vision_cfg": {
            "image_size": tower.image_size[0],
            "patch_size": tower.patch_size[0],
            "width": width,
            "layers": len(tower.transformer.resblocks),
            "head_width": width // block.attn.num_heads,
            "mlp_ratio": block.mlp.c_fc.out_features / width,
        },
    }


def build_tower(description: Mapping[str, Any]) -> Any:
    """A tower of these sizes with random weights."""
    from open_clip.model import CLIPVisionCfg, _build_vision_tower

    tower = _build_vision_tower(
        description["embed_dim"],
        CLIPVisionCfg(**description["vision_cfg"]),
        quick_gelu=description["quick_gelu"],
    )
    return patch_tokens(tower)
