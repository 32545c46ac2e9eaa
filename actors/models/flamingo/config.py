"""Configuration of a Flamingo, and the published models by name; nothing here loads a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

DESCRIPTION = "flamingo.json"
END_OF_CHUNK, PICTURE, PAD = "<|endofchunk|>", "<image>", "<PAD>"  # added in this order, as published


class MediaAttention(StrEnum):
    """Which picture a text token looks at.

    `next` is how OpenFlamingo v1 and the released Polite Flamingo work: text looks at the picture that
    follows it, and text behind the last picture at none. `previous` is OpenFlamingo v2: the picture
    before it, and text before the first picture at none. The `<image>` token looks at its own in both.
    """

    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True)
class LoraSettings:
    """Low-rank adapters on the seven linear kinds of every decoder layer (paper B App. A).

    `init_from` is an adapter folder in peft's layout, such as a copy of Guanaco-7B's; without it the
    adapters begin as no change at all.
    """

    rank: int = 64
    alpha: int = 16
    dropout: float = 0.1
    init_from: str | None = None


@dataclass(frozen=True)
class FlamingoConfig:
    """The parts and sizes of one model; the defaults are those of OpenFlamingo-9B v1.

    `language_model` is a folder, a hub name or `package:NAME`; `vision` is `NAME/WEIGHTS` of open_clip
    (`ViT-L-14-336/openai`), or a folder in open_clip's local layout. `image_size` None is the tower's
    own. `max_context` lowers the language model's context. `released_spelling`: the weights were trained
    on the authors' own spelling of the rewriting prompt.
    """

    language_model: str
    vision: str
    image_size: int | None = None
    cross_attn_every: int = 4
    perceiver_depth: int = 6
    num_latents: int = 64
    media_attention: MediaAttention = MediaAttention.NEXT
    lora: LoraSettings | None = None
    max_context: int | None = None
    released_spelling: bool = False

    def __post_init__(self) -> None:
        for name in ("cross_attn_every", "perceiver_depth", "num_latents"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 1 or more")
        object.__setattr__(self, "media_attention", MediaAttention(self.media_attention))


Layout = Literal["openflamingo", "clever", "lora"]
AUTHORS, OPENFLAMINGO = "chendelong/clever_flamingo", "openflamingo/OpenFlamingo-9B"


@dataclass(frozen=True)
class ReleasedFile:
    """One file on the hub and what its keys must be: connector and embeddings (`openflamingo`), these and
    the adapters (`clever`), or adapters and embeddings (`lora`)."""

    repository: str
    name: str
    layout: Layout


@dataclass(frozen=True)
class Release:
    """Files to load one upon the other, onto LLaMA-7B and ViT-L/14 at 336 pixels."""

    files: tuple[ReleasedFile, ...]
    config: FlamingoConfig = field(
        default_factory=lambda: FlamingoConfig(
            "huggyllama/llama-7b", "ViT-L-14-336/openai", lora=LoraSettings(), released_spelling=True
        )
    )
    picture_size: int = 336


BASE = ReleasedFile(OPENFLAMINGO, "checkpoint.pt", "openflamingo")
CLEVER = ReleasedFile(AUTHORS, "clever_flamingo.pt", "clever")
RELEASES: Mapping[str, Release] = {
    "openflamingo-9b-v1": Release(
        (BASE,), FlamingoConfig("huggyllama/llama-7b", "ViT-L-14/openai"), picture_size=224
    ),
    "polite-flamingo": Release((BASE, ReleasedFile(AUTHORS, "polite_flamingo.pt", "lora"))),
    "clever-flamingo": Release((BASE, CLEVER)),
    "polite-flamingo-gen2": Release((CLEVER, ReleasedFile(AUTHORS, "polite_flamingo_gen2.pt", "lora"))),
}


def read_description(folder: Path) -> dict[str, Any]:
    """The folder's `flamingo.json`. Raises ValueError: it is not there, or not JSON."""
    file = folder / DESCRIPTION
    try:
        content: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        raise ValueError(
            f"{str(folder)!r} holds no {DESCRIPTION}; expected a folder written by save_flamingo"
        ) from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{file} is not JSON ({error}); copy the folder again") from None
    return content


def released_files(release: Release, folder: Path | None = None) -> list[tuple[Path, Layout]]:
    """Path and layout of every file: in `folder`, or in the hub's cache, fetched where missing.

    Raises:
        ValueError: a file is not in `folder`, or cannot be fetched.
    """
    return [(_path_of(file, folder), file.layout) for file in release.files]


def _path_of(file: ReleasedFile, folder: Path | None) -> Path:
    if folder is not None:
        if not (folder / file.name).is_file():
            raise ValueError(f"there is no {file.name} in {str(folder)!r}; copy it from {file.repository}")
        return folder / file.name
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(file.repository, file.name))
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise ValueError(
            f"{file.name} of {file.repository} is not on this machine and cannot be fetched: {error}; "
            "fetch it with `hf download` where there is a network, or give a folder of your own"
        ) from error
