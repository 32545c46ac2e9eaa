"""Annotators by name, hub id or folder, and how to speak to them; nothing is loaded here."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

from actors.models.catalog.annotator_table import ANNOTATORS, AnnotatorModel
from actors.models.catalog.families import FAMILIES, recognise
from actors.models.weights.checkpoint_check import HUB_ID, cached_snapshot
from actors.prompts.conversation import CONVERSATIONS, Conversation, chat_template, with_special_tokens


def find_annotator(name_or_path: str, *, endpoint: bool = False) -> AnnotatorModel:
    """A named annotator, a hub id `org/name`, a folder, a GGUF file, or `NAME=FOLDER` (the settings of
    a named annotator with weights from a local copy); with `endpoint` whatever goes by that name there.

    Raises:
        ValueError: none of these, with the nearest names.
    """
    if endpoint:
        return AnnotatorModel(name_or_path, name_or_path, "a model behind an endpoint")
    if name_or_path in ANNOTATORS:
        return ANNOTATORS[name_or_path]
    name, equals, folder = name_or_path.partition("=")
    if equals and name in ANNOTATORS:
        return replace(ANNOTATORS[name], checkpoint=str(Path(folder).expanduser().absolute()))
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return _from_folder(path.absolute())
    if path.suffix == ".gguf" and path.is_file():
        return AnnotatorModel(path.stem, str(path.absolute()), "GGUF file", conversation="chat")
    if HUB_ID.fullmatch(name_or_path):
        named = (model for model in ANNOTATORS.values() if model.checkpoint.lower() == name_or_path.lower())
        return next(named, None) or recognise(name_or_path, name_or_path, cached_snapshot(name_or_path))
    if name_or_path.startswith(("/", "./", "../", "~")):
        raise ValueError(f"model folder {name_or_path!r} does not exist; check the path")
    near = difflib.get_close_matches(name_or_path.lower(), ANNOTATORS, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(ANNOTATORS)}."
    raise ValueError(
        f"unknown annotator {name_or_path!r}; {hint} A model folder or a hub name "
        "(organisation/name) also works"
    )


def conversation_for(model: AnnotatorModel, tokenizer: Any | None) -> Conversation:
    """The model's conversation template: `chat` is the tokenizer's own template where it has one, else raw.

    The tokens that the tokenizer adds by itself (`<s>`, `</s>`) are spelled out in it. A None tokenizer
    (an endpoint) leaves them and the template to the server.
    """
    if tokenizer is None:
        return CONVERSATIONS.get(model.conversation, CONVERSATIONS["raw"])
    if model.conversation != "chat":
        return with_special_tokens(CONVERSATIONS[model.conversation], tokenizer)
    if getattr(tokenizer, "chat_template", None):
        return chat_template(tokenizer)
    return with_special_tokens(CONVERSATIONS["raw"], tokenizer)


def _from_folder(folder: Path) -> AnnotatorModel:
    """The named annotator whose repository has the folder's name, so that a local copy keeps its template."""
    for model in ANNOTATORS.values():
        if folder.name.lower() in (model.name, model.checkpoint.rpartition("/")[2].lower()):
            return replace(model, checkpoint=str(folder))
    return recognise(folder.name, str(folder), folder)


def check_annotator(model: AnnotatorModel) -> None:
    """Preflight on the driver: the weights are there and complete, nothing is loaded.

    Raises:
        ValueError: what is missing and the next step.
    """
    FAMILIES[model.family].check(model)
