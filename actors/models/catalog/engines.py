"""From a named annotator to its loaded text generator; each engine is imported when it is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.text_generator import TextGenerator

ENGINES = ("auto", "transformers", "openai", "vllm")
FAMILY_ENGINES = {
    "causal": ("transformers", "vllm", "openai"),
    "vision": ("vllm", "openai"),
    "instruct_blip": ("transformers", "openai"),
    "blip2_lavis": ("transformers", "openai"),
}
DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class EngineOptions:
    """How an engine runs. `dtype` auto = float32 on a CPU, bfloat16 on a GPU. `token_budget` bounds
    the padded tokens of one model batch; `max_batch` its rows (None = 32, 16 for picture models
    on a CPU). The last four are for endpoints."""

    dtype: str = "auto"
    device: str = "auto"
    token_budget: int = 8192
    max_batch: int | None = None
    base_url: str | None = None
    max_in_flight: int = 64
    timeout_s: float = 120.0
    max_retries: int = 5

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


def engine_name(model: AnnotatorModel, engine: str) -> str:
    """`engine`, with `auto` resolved: vllm where it is usable here and runs the family, else transformers.

    Raises:
        ValueError: an unknown engine, or one that cannot run this family.
    """
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    runs = FAMILY_ENGINES[model.family]
    if engine == "auto":
        from actors.models.vllm.start import vllm_available

        engine = "vllm" if "vllm" in runs and vllm_available() else "transformers"
    if engine not in runs:
        raise ValueError(
            f"the {engine} engine does not run {model.name} (family {model.family}); "
            f"use --engine {' or '.join(runs)}"
        )
    return engine


def check_engine(model: AnnotatorModel, engine: str) -> None:
    """Preflight on the driver. What `auto` becomes is known on the worker alone, by its GPU.

    Raises:
        ValueError: an engine that is unknown, not installed, or cannot run this family.
    """
    if engine == "auto":
        return
    if engine_name(model, engine) == "vllm":
        from actors.models.vllm.start import check_vllm

        check_vllm()


def load_generator(
    model: AnnotatorModel,
    *,
    engine: str = "auto",
    options: EngineOptions | None = None,
    use_images: bool = True,
) -> TextGenerator:
    """The loaded model behind one engine; call it inside the worker that will use it.

    `use_images=False` runs a picture model without its pictures (paper A's unimodal run).

    Raises:
        ValueError: an engine that cannot run this model, or an endpoint without `base_url`.
    """
    options = options or EngineOptions()
    engine = engine_name(model, engine)
    if engine == "openai":
        return _load_endpoint(model, options)
    if engine == "vllm":
        from actors.models.vllm.engine import VllmGenerator

        return VllmGenerator(model.checkpoint, **_context(model), dtype=options.dtype)
    if model.family == "instruct_blip":
        from actors.models.blip.instruct_blip import InstructBlipGenerator

        return InstructBlipGenerator(model.checkpoint, use_images=use_images, **_local(options))
    if model.family == "blip2_lavis":
        from actors.models.blip.lavis_generator import Blip2LavisGenerator

        return Blip2LavisGenerator(model.checkpoint, use_images=use_images, **_local(options))
    from actors.models.decoding.transformers_engine import TransformersGenerator

    return TransformersGenerator(model.checkpoint, **_context(model), **_local(options))


def _load_endpoint(model: AnnotatorModel, options: EngineOptions) -> TextGenerator:
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


def _local(options: EngineOptions) -> dict[str, Any]:
    names = ("dtype", "device", "token_budget", "max_batch")
    return {name: getattr(options, name) for name in names}


def _context(model: AnnotatorModel) -> dict[str, Any]:
    overrides = {"rope_factor": model.rope_factor, "max_context": model.max_context}
    return {name: value for name, value in overrides.items() if value is not None}


__all__ = ["EngineOptions", "check_engine", "engine_name", "load_generator"]
