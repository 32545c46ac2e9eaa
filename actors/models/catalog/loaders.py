"""What the families of the catalog do with a model: see whether its weights are there, and load them.

Loaders run in the worker and import their engine only then; checks run on the driver, without torch.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from actors.compat.requires import require
from actors.models.blip.lavis_config import check_generates, read_lavis_config
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import TextGenerator
from actors.models.weights.checkpoint_check import check_folder, check_hub

HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")  # lmsys/vicuna-7b-v1.5


def load_causal(model: AnnotatorModel, options: EngineOptions, use_images: bool) -> TextGenerator:
    """A decoder-only model in our own decoding."""
    from actors.models.decoding.transformers_engine import TransformersGenerator

    return TransformersGenerator(model.checkpoint, **_context(model), **_local(options))


def load_instruct_blip(model: AnnotatorModel, options: EngineOptions, use_images: bool) -> TextGenerator:
    """InstructBLIP in our own decoding."""
    from actors.models.blip.instruct_blip import InstructBlipGenerator

    return InstructBlipGenerator(model.checkpoint, use_images=use_images, **_local(options))


def load_blip2_lavis(model: AnnotatorModel, options: EngineOptions, use_images: bool) -> TextGenerator:
    """BLIP-2 read by LAVIS, decoded by us."""
    from actors.models.blip.lavis_generator import Blip2LavisGenerator

    return Blip2LavisGenerator(model.checkpoint, use_images=use_images, **_local(options))


def load_vllm(model: AnnotatorModel, options: EngineOptions, use_images: bool) -> TextGenerator:
    """Any model that vLLM runs."""
    from actors.models.vllm.engine import VllmGenerator

    return VllmGenerator(model.checkpoint, **_context(model), dtype=options.dtype)


def load_endpoint(model: AnnotatorModel, options: EngineOptions, use_images: bool) -> TextGenerator:
    """A model behind an OpenAI endpoint.

    Raises:
        ValueError: the options have no `base_url`.
    """
    from actors.models.endpoint.engine import OpenAIGenerator

    if options.base_url is None:
        raise ValueError("the openai engine needs base_url, such as http://localhost:8000/v1; none was given")
    return OpenAIGenerator(
        options.base_url,
        model.checkpoint,
        max_in_flight=options.max_in_flight,
        timeout_s=options.timeout_s,
        max_retries=options.max_retries,
    )


def check_weights(model: AnnotatorModel, *, tokenizers: tuple[str, ...] = ()) -> None:
    """The package, GGUF file, hub repository or folder is there; `tokenizers` are its subfolders of more.

    Raises:
        ValueError: what is missing and the next step.
    """
    if model.checkpoint.startswith("package:"):
        _check_package(model.checkpoint.removeprefix("package:"))
    elif model.checkpoint.endswith(".gguf"):
        if not os.access(model.checkpoint, os.R_OK):
            raise ValueError(f"{model.checkpoint!r} cannot be read; check the path and its permissions")
    elif HUB_ID.fullmatch(model.checkpoint):
        check_hub(model.checkpoint, subfolders=tokenizers)
    else:
        check_folder(Path(model.checkpoint), subfolders=tokenizers)


def check_lavis(model: AnnotatorModel) -> None:
    """LAVIS is installed, and a folder of its own holds a model that writes text.

    Raises:
        ValueError: what is missing and the next step.
    """
    try:
        require("lavis")
    except ImportError as error:
        raise ValueError(f"{model.name}: {error}") from None
    if not model.checkpoint.startswith("lavis:"):
        check_generates(read_lavis_config(Path(model.checkpoint))["arch"])


def _check_package(name: str) -> None:
    from actors.models.weights.gguf import PACKAGED

    if name not in PACKAGED:
        raise ValueError(f"no package {name!r} is known to carry a model; known: {', '.join(PACKAGED)}")


def _local(options: EngineOptions) -> dict[str, Any]:
    names = ("dtype", "device", "token_budget", "max_batch")
    return {name: getattr(options, name) for name in names}


def _context(model: AnnotatorModel) -> dict[str, Any]:
    overrides = {"rope_factor": model.rope_factor, "max_context": model.max_context}
    return {name: value for name, value in overrides.items() if value is not None}
