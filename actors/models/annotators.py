"""From a name, a hub id or a folder to a loaded text generator."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from actors.models.annotator_table import ANNOTATORS, AnnotatorModel
from actors.models.checkpoint_check import (
    cached_snapshot,
    check_folder,
    check_hub,
    read_config,
)
from actors.models.text_generator import TextGenerator
from actors.prompts.conversation import CONVERSATIONS, Conversation, chat_template, with_special_tokens

ENGINES = ("auto", "transformers", "openai", "vllm")
DTYPES = ("auto", "float32", "bfloat16", "float16")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
LAVIS_INSTALL = "pip install --no-deps salesforce-lavis==1.0.2 (the README's set-up does it)"


@dataclass(frozen=True)
class EngineOptions:
    """How an engine runs. `dtype` auto = float32 on a CPU, bfloat16 on a GPU. `token_budget` bounds
    the padded tokens of one model batch; `max_batch` its rows (None = 16 on a CPU, 32 on a GPU). The
    last four are for endpoints."""

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


def find_annotator(name_or_path: str) -> AnnotatorModel:
    """A named annotator, a hub id `org/name`, a folder, a GGUF file, or `NAME=FOLDER` (the settings of
    a named annotator with weights from a local copy).

    Raises:
        ValueError: none of these, with the nearest names.
    """
    if name_or_path in ANNOTATORS:
        return ANNOTATORS[name_or_path]
    name, equals, folder = name_or_path.partition("=")
    if equals and name in ANNOTATORS:
        return replace(ANNOTATORS[name], checkpoint=_folder(folder))
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return _from_folder(_folder(name_or_path))
    if path.suffix == ".gguf" and path.is_file():
        return AnnotatorModel(path.stem, _folder(name_or_path), "GGUF file", conversation="chat")
    if HUB_ID.fullmatch(name_or_path) and not name_or_path.startswith("."):
        return _from_hub(name_or_path)
    if name_or_path.startswith(("/", "./", "../", "~")):
        raise ValueError(f"model folder {name_or_path!r} does not exist; check the path")
    near = difflib.get_close_matches(name_or_path.lower(), ANNOTATORS, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(ANNOTATORS)}."
    raise ValueError(
        f"unknown annotator {name_or_path!r}; {hint} A model folder or a hub name "
        "(organisation/name) also works"
    )


def conversation_for(model: AnnotatorModel, tokenizer: Any | None) -> Conversation:
    """How to speak to the model: `chat` is the tokenizer's own template where it has one, else raw.

    The tokens that the tokenizer adds by itself (`<s>`, `</s>`) are spelled out in it. A None tokenizer
    (an endpoint) leaves them and the template to the other side.
    """
    if tokenizer is None:
        return CONVERSATIONS.get(model.conversation, CONVERSATIONS["raw"])
    if model.conversation != "chat":
        return with_special_tokens(CONVERSATIONS[model.conversation], tokenizer)
    if getattr(tokenizer, "chat_template", None):
        return chat_template(tokenizer)
    return with_special_tokens(CONVERSATIONS["raw"], tokenizer)


def _folder(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _from_folder(folder: str) -> AnnotatorModel:
    known = _known_as(Path(folder).name)
    if known is not None:
        return replace(known, checkpoint=folder)
    return _described(Path(folder).name, folder, Path(folder))


def _from_hub(repository: str) -> AnnotatorModel:
    for model in ANNOTATORS.values():
        if model.checkpoint.lower() == repository.lower():
            return model
    return _described(repository, repository, cached_snapshot(repository))


def _known_as(folder_name: str) -> AnnotatorModel | None:
    """The named annotator whose repository has this name, so that a local copy keeps its template."""
    for model in ANNOTATORS.values():
        if folder_name.lower() in (model.name, model.checkpoint.rpartition("/")[2].lower()):
            return model
    return None


def _described(name: str, checkpoint: str, folder: Path | None) -> AnnotatorModel:
    """Settings read from the model's own files; from its name where nothing is on this machine."""
    if folder is None:
        blip = "instructblip" in name.lower()
    elif (folder / "config.yaml").exists() and not (folder / "config.json").exists():
        return AnnotatorModel(
            name, checkpoint, "BLIP-2 folder for LAVIS", family="blip2_lavis", uses_image=True
        )
    else:
        blip = read_config(folder).get("model_type") == "instructblip"
    if blip:
        summary = "InstructBLIP checkpoint: picture and text"
        return AnnotatorModel(name, checkpoint, summary, family="instruct_blip", uses_image=True)
    return AnnotatorModel(name, checkpoint, "causal language model", conversation="chat")


def check_annotator(model: AnnotatorModel) -> None:
    """Preflight on the driver: the weights are there and complete, nothing is loaded.

    Raises:
        ValueError: what is missing and the next step.
    """
    subfolders = ("qformer_tokenizer",) if model.family == "instruct_blip" else ()
    if model.family == "blip2_lavis":
        if find_spec("lavis") is None:
            raise ValueError(f"{model.name} needs LAVIS, which is not installed; run: {LAVIS_INSTALL}")
        if not model.checkpoint.startswith("lavis:") and not Path(model.checkpoint, "config.yaml").is_file():
            raise ValueError(f"{model.checkpoint!r} is no BLIP-2 folder for LAVIS: it has no config.yaml")
    elif model.checkpoint.startswith("package:"):
        _check_package(model.checkpoint.removeprefix("package:"))
    elif model.checkpoint.endswith(".gguf"):
        if not os.access(model.checkpoint, os.R_OK):
            raise ValueError(f"{model.checkpoint!r} cannot be read; check the path and its permissions")
    elif HUB_ID.fullmatch(model.checkpoint):
        check_hub(model.checkpoint, subfolders=subfolders)
    else:
        check_folder(Path(model.checkpoint), subfolders=subfolders)


def _check_package(name: str) -> None:
    from actors.models.gguf import PACKAGED

    if name not in PACKAGED:
        raise ValueError(f"no package {name!r} is known to carry a model; known: {', '.join(PACKAGED)}")


def engine_name(model: AnnotatorModel, engine: str) -> str:
    """`engine`, with `auto` resolved: vllm where it is usable here and serves the family.

    Raises:
        ValueError: an unknown engine, or one that cannot run this family.
    """
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    if engine == "vllm" and model.family != "causal":
        raise ValueError(
            f"the vllm engine does not run {model.name} ({model.family}); use --engine transformers"
        )
    if engine != "auto":
        return engine
    if model.family != "causal":
        return "transformers"
    from actors.models.vllm_engine import vllm_available

    return "vllm" if vllm_available() else "transformers"


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
        from actors.models.vllm_engine import VllmGenerator

        return VllmGenerator(model.checkpoint, **_context(model), dtype=options.dtype)
    if model.family == "instruct_blip":
        from actors.models.instruct_blip import InstructBlipGenerator

        return InstructBlipGenerator(model.checkpoint, use_images=use_images, **_local(options))
    if model.family == "blip2_lavis":
        from actors.models.blip2_lavis import Blip2LavisGenerator

        return Blip2LavisGenerator(model.checkpoint, use_images=use_images, **_local(options))
    from actors.models.transformers_engine import TransformersGenerator

    return TransformersGenerator(model.checkpoint, **_context(model), **_local(options))


def _load_endpoint(model: AnnotatorModel, options: EngineOptions) -> TextGenerator:
    from actors.models.openai_engine import OpenAIGenerator

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


__all__ = [
    "ANNOTATORS",
    "AnnotatorModel",
    "EngineOptions",
    "check_annotator",
    "conversation_for",
    "engine_name",
    "find_annotator",
    "load_generator",
]
