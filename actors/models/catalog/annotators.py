"""Annotators by name, hub id or folder: found, checked on the driver, and loaded in the worker."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from actors.compat.requires import require
from actors.models.blip.lavis_config import check_generates, read_lavis_config
from actors.models.catalog.annotator_table import ANNOTATORS, AnnotatorModel
from actors.models.catalog.engines import EngineOptions, check_engine, engine_name, load_generator
from actors.models.weights.checkpoint_check import cached_snapshot, check_folder, check_hub, read_config
from actors.prompts.conversation import CONVERSATIONS, Conversation, chat_template, with_special_tokens

HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")


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
    if HUB_ID.fullmatch(name_or_path):
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
    config: dict[str, Any] = {"model_type": "instructblip"} if "instructblip" in name.lower() else {}
    if folder is not None and (folder / "config.yaml").exists() and not (folder / "config.json").exists():
        summary = "BLIP-2 folder for LAVIS: picture and text"
        return AnnotatorModel(name, checkpoint, summary, family="blip2_lavis", uses_image=True)
    if folder is not None:
        config = read_config(folder)
    if config.get("model_type") == "instructblip":
        summary = "InstructBLIP checkpoint: picture and text"
        return AnnotatorModel(name, checkpoint, summary, family="instruct_blip", uses_image=True)
    if "vision_config" in config:
        summary = "picture and text model for the vllm engine"
        return AnnotatorModel(name, checkpoint, summary, "vision", "chat", uses_image=True)
    return AnnotatorModel(name, checkpoint, "causal language model", conversation="chat")


def check_annotator(model: AnnotatorModel) -> None:
    """Preflight on the driver: the weights are there and complete, nothing is loaded.

    Raises:
        ValueError: what is missing and the next step.
    """
    subfolders = ("qformer_tokenizer",) if model.family == "instruct_blip" else ()
    if model.family == "blip2_lavis":
        try:
            require("lavis")
        except ImportError as error:
            raise ValueError(f"{model.name}: {error}") from None
        if not model.checkpoint.startswith("lavis:"):
            check_generates(read_lavis_config(Path(model.checkpoint))["arch"])
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
    from actors.models.weights.gguf import PACKAGED

    if name not in PACKAGED:
        raise ValueError(f"no package {name!r} is known to carry a model; known: {', '.join(PACKAGED)}")


__all__ = [
    "ANNOTATORS",
    "AnnotatorModel",
    "EngineOptions",
    "check_annotator",
    "check_engine",
    "conversation_for",
    "engine_name",
    "find_annotator",
    "load_generator",
]
