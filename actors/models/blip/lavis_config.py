"""The configuration of a local BLIP-2 folder for LAVIS's models, read without loading any of them.

A folder holds `config.yaml`, written like LAVIS's model configurations, and what it names:

    model:
      arch: blip2_opt               # or blip2_t5, blip2_image_text_matching
      weights: model.safetensors    # all but the language model; a .pth of LAVIS's kind works too
      image_size: 224
      num_query_token: 32
      bert: bert                    # config.json and vocab.txt of the BERT that the Q-Former is made of
      opt_model: opt                # (t5_model) the language model's folder
      vit: {patch_size: 14, embed_dim: 1408, depth: 39, num_heads: 16, mlp_ratio: 4.3637}  # the default
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CONFIG = "config.yaml"
# Architecture -> the key of its language model's folder, None where it has no language model.
LANGUAGE_MODELS = {"blip2_opt": "opt_model", "blip2_t5": "t5_model", "blip2_image_text_matching": None}
FILES = ("weights", "bert", "opt_model", "t5_model")


def read_lavis_config(folder: Path) -> Mapping[str, Any]:
    """The `model` section of the folder's configuration; every file that it names is there.

    Raises:
        ValueError: no such file, not YAML, a key that is missing, or one that names a missing file.
    """
    path = folder / CONFIG
    if not path.is_file():
        raise ValueError(
            f"{str(folder)!r} is no BLIP-2 folder: it has no {CONFIG}; expected one that has, or a name such "
            "as lavis:blip2_opt/pretrain_opt2.7b"
        )
    try:
        config = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("model") or {}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise ValueError(f"{path} cannot be read as YAML with a section 'model': {error}") from None
    arch = config.get("arch")
    if arch not in LANGUAGE_MODELS:
        raise ValueError(f"{path} has arch {arch!r}; expected one of {', '.join(LANGUAGE_MODELS)}")
    required = ["weights", "image_size", "num_query_token", "bert"]
    required += [key for key in [LANGUAGE_MODELS[arch]] if key is not None]
    missing = [key for key in required if key not in config]
    if missing:
        raise ValueError(f"{path} lacks {missing} in its section 'model'")
    for key in FILES:
        if key in config and not (folder / str(config[key])).exists():
            raise ValueError(f"{path} names {key} {config[key]!r}, which is not beside it; copy it there")
    return config


def check_generates(arch: str) -> None:
    """Returns when the architecture has a language model.

    Raises:
        ValueError: it has none, so it can score pairs and answer nothing.
    """
    if LANGUAGE_MODELS.get(arch) is None:
        able = [name for name, language_model in LANGUAGE_MODELS.items() if language_model is not None]
        raise ValueError(f"LAVIS's {arch!r} writes no text; as an annotator use one of {', '.join(able)}")
