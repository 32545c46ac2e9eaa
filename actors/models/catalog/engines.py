"""From a named annotator to its loaded text generator, and whether it can start with these settings.

Each engine is imported when it is chosen; checks run on the driver, without torch.
"""

from __future__ import annotations

from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.annotators import check_annotator
from actors.models.catalog.families import FAMILIES
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import GenerationParams, TextGenerator, check_params, refuse_ngrams

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


COUNT_NO_RUNS = ("openai", "vllm")


def check_generator(
    model: AnnotatorModel, engine: str, options: EngineOptions, params: GenerationParams
) -> None:
    """Preflight for loading `model` behind `engine` and generating with `params`.

    An endpoint is asked which models it serves; local weights are only looked for.

    Raises:
        ValueError: settings, weights or an endpoint that cannot work, with the next step.
    """
    check_params(params)
    check_engine(model, engine)
    if options.base_url and engine != "openai":
        raise ValueError(
            f"--base-url is {options.base_url!r}, and the {engine} engine runs the model on this machine; "
            "add --engine openai to ask the endpoint, or leave --base-url out"
        )
    if engine in COUNT_NO_RUNS:
        refuse_ngrams(params, engine)
    if engine != "openai":
        if not FAMILIES[model.family].counts_ngrams:
            refuse_ngrams(params, model.family)
        check_annotator(model)
        return
    from actors.models.endpoint.engine import check_endpoint

    if not options.base_url:
        raise ValueError("--engine openai needs --base-url, such as http://localhost:8000/v1")
    check_endpoint(options.base_url, model.checkpoint)
