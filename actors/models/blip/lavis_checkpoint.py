"""BLIP-2 models of salesforce-lavis, under LAVIS's own names or from a complete local folder."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from actors.compat import lavis
from actors.models.blip.lavis_config import LANGUAGE_MODELS, read_lavis_config

PREFIX = "lavis:"
CLASSES = {
    "blip2_opt": ("blip2_opt", "Blip2OPT"),
    "blip2_t5": ("blip2_t5", "Blip2T5"),
    "blip2_image_text_matching": ("blip2_image_text_matching", "Blip2ITM"),
}
VIT_G = {"patch_size": 14, "embed_dim": 1408, "depth": 39, "num_heads": 16, "mlp_ratio": 4.3637}


@dataclass(frozen=True)
class LavisBlip2:
    """A LAVIS model in evaluation mode, and LAVIS's transform from an RGB picture to `[3, size, size]`."""

    arch: str
    model: Any
    transform: Callable[[Any], torch.Tensor]


def load_lavis_blip2(checkpoint: str, *, dtype: torch.dtype, device: str) -> LavisBlip2:
    """The model of `lavis:ARCH/MODEL_TYPE` (such as `lavis:blip2_opt/pretrain_opt2.7b`), or of a folder
    (see lavis_config).

    Raises:
        ImportError: LAVIS is not installed; the message holds the install line.
        ValueError: an unknown name, or a folder whose files do not fit.
    """
    if checkpoint.startswith(PREFIX):
        loaded = _load_published(checkpoint.removeprefix(PREFIX))
    else:
        loaded = build_from_folder(Path(checkpoint).expanduser())
        _load_weights(loaded, Path(checkpoint).expanduser())
    loaded.model.to(device=device, dtype=dtype).eval()
    return loaded


def _load_published(name: str) -> LavisBlip2:
    arch, _, model_type = name.partition("/")
    cls = _model_class(arch)
    if model_type not in cls.PRETRAINED_MODEL_CONFIG_DICT:
        known = sorted(cls.PRETRAINED_MODEL_CONFIG_DICT)
        raise ValueError(f"LAVIS's {arch} has no model type {model_type!r}; expected one of {known}")
    from omegaconf import OmegaConf

    config = OmegaConf.load(cls.default_config_path(model_type))
    config.model.vit_precision = "fp32"  # the caller casts the whole model
    return LavisBlip2(arch, cls.from_config(config.model), _transform(config.model.image_size))


def build_from_folder(folder: Path) -> LavisBlip2:
    """The model that the folder describes; all but the language model has random weights."""
    config = read_lavis_config(folder)
    arch = config["arch"]
    parts = {"folder": folder, "config": config}
    cls = type(f"Local{arch}", (_LocalParts, _model_class(arch)), parts)
    settings = {"img_size": config["image_size"], "num_query_token": config["num_query_token"]}
    language_model = LANGUAGE_MODELS[arch]
    if language_model is not None:
        settings[language_model] = str(folder / config[language_model])
    return LavisBlip2(arch, cls(vit_precision="fp32", **settings), _transform(config["image_size"]))


def _model_class(arch: str) -> Any:
    if arch not in CLASSES:
        raise ValueError(f"unknown LAVIS architecture {arch!r}; expected one of {', '.join(CLASSES)}")
    lavis.install()
    module, name = CLASSES[arch]
    return getattr(import_module(f"{lavis.BLIP2}.{module}"), name)


def _transform(size: int) -> Callable[[Any], torch.Tensor]:
    from lavis.processors.blip_processors import BlipImageEvalProcessor

    return BlipImageEvalProcessor(image_size=size)


def _load_weights(loaded: LavisBlip2, folder: Path) -> None:
    path = folder / read_lavis_config(folder)["weights"]
    try:
        content: Mapping[str, Any] = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
        result = loaded.model.load_state_dict(content.get("model", content), strict=False)
    except (RuntimeError, SafetensorError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot load {path} into {loaded.arch}: {error}") from error
    missing = [key for key in result.missing_keys if not key.startswith(("opt_model.", "t5_model."))]
    if missing or result.unexpected_keys:
        raise ValueError(
            f"{path} does not fit {loaded.arch}: {len(missing)} weights are missing (first: {missing[:3]}), "
            f"{len(result.unexpected_keys)} have no place (first: {result.unexpected_keys[:3]})"
        )


class _LocalParts:
    """Mixin before a LAVIS class: tokenizer, Q-Former and vision encoder from `folder`, not downloaded."""

    folder: Path
    config: Mapping[str, Any]

    @classmethod
    def init_tokenizer(cls) -> Any:
        from transformers import BertTokenizer

        tokenizer = BertTokenizer.from_pretrained(cls.folder / cls.config["bert"])
        tokenizer.add_special_tokens({"bos_token": "[DEC]"})
        return tokenizer

    @classmethod
    def init_Qformer(
        cls, num_query_token: int, vision_width: int, cross_attention_freq: int = 2
    ) -> tuple[nn.Module, nn.Parameter]:
        qformer = import_module(f"{lavis.BLIP2}.Qformer")
        config = qformer.BertConfig.from_pretrained(cls.folder / cls.config["bert"])
        config.encoder_width = vision_width
        config.add_cross_attention = True
        config.cross_attention_freq = cross_attention_freq
        config.query_length = num_query_token
        queries = torch.randn(1, num_query_token, config.hidden_size) * config.initializer_range
        return qformer.BertLMHeadModel(config), nn.Parameter(queries)

    @classmethod
    def init_vision_encoder(cls, name: str, image_size: int, *_: Any) -> tuple[nn.Module, nn.Module]:
        tower = import_module("lavis.models.eva_vit").VisionTransformer(
            img_size=image_size,
            use_mean_pooling=False,
            qkv_bias=True,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            **cls.config.get("vit", VIT_G),
        )
        return tower, import_module(f"{lavis.BLIP2}.blip2").LayerNorm(tower.num_features)
