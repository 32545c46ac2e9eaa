"""Can a checkpoint be loaded? Answered on the driver from file names alone, before any model loads."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
WEIGHT_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
HUB_TIMEOUT_S = 10.0
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")  # lmsys/vicuna-7b-v1.5


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's `config.json`.

    Raises:
        ValueError: the folder or the file is missing, unreadable or not JSON.
    """
    if not folder.is_dir():
        raise ValueError(
            f"model folder {str(folder)!r} does not exist; give a folder written by "
            "save_pretrained, a hub name, or a name from `python -m pipelines list`"
        )
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"{str(folder)!r} has no config.json, so it is not a Hugging Face model folder"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{str(path)!r} cannot be read as JSON ({error}); copy the model again") from None
    if not isinstance(config, dict):
        raise ValueError(f"{str(path)!r} holds no JSON object; copy the model again")
    return config


def check_folder(folder: Path, *, subfolders: Sequence[str] = ()) -> None:
    """Configuration, complete weights and tokenizer files are there and readable.

    `subfolders` are extra tokenizers, such as InstructBLIP's `qformer_tokenizer`.

    Raises:
        ValueError: what is missing, and what to do.
    """
    read_config(folder)
    for name in _weight_names(folder):
        if not os.access(folder / name, os.R_OK):
            raise ValueError(
                f"weights file {name!r} of {str(folder)!r} is missing or unreadable; "
                "the copy is incomplete, copy the model again"
            )
    for part in (folder, *(folder / name for name in subfolders)):
        if not any(os.access(part / name, os.R_OK) for name in TOKENIZER_FILES):
            raise ValueError(f"{str(part)!r} has no tokenizer; expected one of {', '.join(TOKENIZER_FILES)}")


def _weight_names(folder: Path) -> list[str]:
    for name in WEIGHT_FILES:
        if (folder / name).exists():
            return [name]
    for name in WEIGHT_INDEXES:
        if (folder / name).exists():
            shards = json.loads((folder / name).read_text(encoding="utf-8")).get("weight_map", {})
            return sorted(set(shards.values()))
    raise ValueError(
        f"{str(folder)!r} has no weights; expected one of {', '.join(WEIGHT_FILES)} or their "
        "index files. Other formats (TensorFlow, Flax) are not read"
    )


def check_model(name_or_folder: str) -> None:
    """A complete Hugging Face folder, or a hub name that can be had.

    Raises:
        ValueError: neither, with the reason.
    """
    folder = Path(name_or_folder).expanduser()
    check_folder(folder) if folder.is_dir() else check_hub(name_or_folder)


def check_hub(repository: str, *, subfolders: Sequence[str] = ()) -> None:
    """A hub name whose snapshot is cached, or that the hub answers for.

    Raises:
        ValueError: neither, with the reason.
    """
    from huggingface_hub import constants

    folder, offline = cached_snapshot(repository), constants.HF_HUB_OFFLINE
    if folder is None and offline:
        raise ValueError(
            f"{repository!r} is not in the hub cache ({constants.HF_HUB_CACHE}) and HF_HUB_OFFLINE is set; "
            "unset it, or give the folder of a local copy"
        )
    try:
        if folder is not None:
            return check_folder(folder, subfolders=subfolders)
    except ValueError:
        if offline:
            raise
    _ask_hub(repository)


def cached_snapshot(repository: str) -> Path | None:
    """The folder of the hub name's cached snapshot; None where nothing is cached."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(repository, "config.json")
    except HFValidationError as error:
        raise ValueError(f"{repository!r} is no hub name: {error}") from None
    return Path(config).parent if isinstance(config, str) else None


def _ask_hub(repository: str) -> None:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repository, "config.json")
    try:
        urlopen(Request(url, headers=build_hf_headers(), method="HEAD"), timeout=HUB_TIMEOUT_S).close()
    except HTTPError as error:
        raise ValueError(
            f"the hub answers {error.code} {error.reason} for {repository!r}; check the name, or log in if "
            "the model is gated"
        ) from None
    except OSError as error:
        raise ValueError(
            f"{repository!r} is not cached and the hub cannot be reached ({error}); give the folder of a "
            "local copy, or --models pocket"
        ) from None
