"""A family of models: how its members are recognised, checked and loaded, and with which settings.

Loaders run in the worker and import their engine only then; checks run on the driver, without torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.compat.check import require
from actors.models.blip.lavis_config import check_generates, read_lavis_config
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.text_generator import TextGenerator
from actors.models.weights.checkpoint_check import HUB_ID, check_folder, check_hub

DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class EngineOptions:
    """Engine settings."""

    dtype: str = "auto"
    """Number format of the weights; auto: float32 on a CPU, bfloat16 on a GPU."""
    device: str = "auto"
    """cpu, cuda or cuda:N; auto: a GPU where there is one."""
    token_budget: int = 8192
    """Padded tokens of one model batch at most."""
    max_batch: int | None = None
    """Rows of one model batch at most; by default 32, and 16 for picture models on a CPU."""
    base_url: str | None = None
    """Endpoints: address up to /v1, such as http://host:8000/v1."""
    max_in_flight: int = 64
    """Endpoints: requests that a worker has open at once."""
    timeout_s: float = 120.0
    """Endpoints: seconds to wait for an answer."""
    max_retries: int = 5
    """Endpoints: how often a request is sent again before its row fails."""

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype {self.dtype!r} is unknown; choose one of {', '.join(DTYPES)}")
        for name in ("token_budget", "max_in_flight", "timeout_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a number above 0")
        if self.max_batch is not None and self.max_batch < 1:
            raise ValueError(f"max_batch is {self.max_batch}; expected 1 or more, or leave it out")
        if self.max_retries < 0:
            raise ValueError(f"max_retries is {self.max_retries}; expected 0 or more")


Loader = Callable[[AnnotatorModel, EngineOptions, bool], TextGenerator]


@dataclass(frozen=True)
class Family:
    """Models that are recognised, checked and loaded alike.

    `engines` maps each engine that runs them, the preferred one first, to what loads a model behind it:
    called in the worker with the model, the options and whether to show it pictures; it imports its engine
    only then. `recognises` is asked on the driver, without torch, about a model that has no entry of its own
    in the table of annotators: its name, and its folder where it lies on this machine. `check` raises
    ValueError for weights that cannot be loaded. `summary`, `conversation` and `uses_image` become those of
    a recognised model; `picture_size` is the side in pixels of its pictures, None = as they are.
    """

    name: str
    summary: str
    engines: Mapping[str, Loader]
    recognises: Callable[[str, Path | None], bool]
    check: Callable[[AnnotatorModel], None]
    conversation: str = "raw"
    uses_image: bool = False
    picture_size: int | None = None
    counts_ngrams: bool = True  # False where `no_repeat_ngram` cannot be applied

    def model(self, name: str, checkpoint: str) -> AnnotatorModel:
        """Settings of a member that has no entry in the table of annotators."""
        return AnnotatorModel(
            name, checkpoint, self.summary, self.name, self.conversation, uses_image=self.uses_image
        )


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
    """A model behind an OpenAI endpoint. Raises ValueError: the options have no `base_url`."""
    from actors.models.endpoint.engine import OpenAIGenerator

    if options.base_url is None:
        raise ValueError("the openai engine needs base_url, such as http://localhost:8000/v1; none was given")
    limits = _values_of(options, "max_in_flight", "timeout_s", "max_retries")
    return OpenAIGenerator(options.base_url, model.checkpoint, **limits)


def check_weights(model: AnnotatorModel, *, tokenizers: tuple[str, ...] = ()) -> None:
    """The package, GGUF file, hub repository or folder is there; `tokenizers` are its subfolders of more.

    Raises:
        ValueError: what is missing and the next step.
    """
    if model.checkpoint.startswith("package:"):
        from actors.models.weights.gguf import PACKAGED

        name = model.checkpoint.removeprefix("package:")
        if name not in PACKAGED:
            raise ValueError(f"no package {name!r} is known to carry a model; known: {', '.join(PACKAGED)}")
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


def _local(options: EngineOptions) -> dict[str, Any]:
    return _values_of(options, "dtype", "device", "token_budget", "max_batch")


def _context(model: AnnotatorModel) -> dict[str, Any]:
    return _values_of(model, "rope_factor", "max_context")


def _values_of(settings: EngineOptions | AnnotatorModel, *names: str) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in names}
