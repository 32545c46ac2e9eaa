"""The Flamingos that were published, and the files they come in; nothing here loads one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from actors.models.flamingo.config import FlamingoConfig, LoraSettings

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


def released_files(release: Release, folder: Path | None = None) -> list[tuple[Path, Layout]]:
    """Where the files are: in `folder`, or in the hub's cache, fetched if need be.

    Raises:
        ValueError: a file is not in `folder`, or cannot be fetched.
    """
    return [(_found(file, folder), file.layout) for file in release.files]


def _found(file: ReleasedFile, folder: Path | None) -> Path:
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
