"""From a named annotator to its loaded text generator; each engine is imported when it is chosen."""

from __future__ import annotations

from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.families import FAMILIES
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import TextGenerator

ENGINES = ("auto", "transformers", "openai", "vllm")


def engine_name(model: AnnotatorModel, engine: str) -> str:
    """`engine`, with `auto` resolved: vllm where it is usable here and runs the family, else transformers.

    Raises:
        ValueError: an unknown engine, or one that cannot run this family.
    """
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    runs = FAMILIES[model.family].engines
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
    load = FAMILIES[model.family].engines[engine_name(model, engine)]
    return load(model, options or EngineOptions(), use_images)
