"""One look, on the driver and without torch, at whether a generator can start with these settings."""

from __future__ import annotations

from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.annotators import check_annotator
from actors.models.catalog.engines import check_engine
from actors.models.catalog.families import FAMILIES
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import GenerationParams, check_params, refuse_ngrams

COUNT_NO_RUNS = ("openai", "vllm")


def check_generator(
    model: AnnotatorModel, engine: str, options: EngineOptions, params: GenerationParams
) -> None:
    """Preflight of what loads `model` behind `engine` and asks it with `params`.

    An endpoint is asked for its models; local weights are looked for.

    Raises:
        ValueError: what cannot work, and the next step.
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
