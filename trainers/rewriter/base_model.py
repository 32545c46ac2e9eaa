"""The model that training starts from, so far as the driver needs to know it: name, files, tokenizer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from actors.models.flamingo.config import BASE, END_OF_CHUNK, PAD, PICTURE, RELEASES, Release, released_files
from trainers.rewriter.data import HuggingFaceTokens

DESCRIPTION, LANGUAGE = "flamingo.json", "language"
# What the authors started from: OpenFlamingo-9B's connector under a tower for larger pictures.
PAPER_BASE = "openflamingo-9b-336"
_RELEASED = RELEASES["polite-flamingo"]
_CONFIG = replace(_RELEASED.config, lora=None, released_spelling=False)
BASES = {**RELEASES, PAPER_BASE: replace(_RELEASED, files=(BASE,), config=_CONFIG)}


@dataclass(frozen=True)
class BaseModel:
    """A Flamingo on disk: in a folder of ours, or as it was published."""

    name: str
    folder: Path | None = None
    release: Release | None = None

    def description(self) -> dict[str, Any]:
        """The contents of `flamingo.json`; of a published model only its configuration."""
        if self.folder is not None:
            return json.loads((self.folder / DESCRIPTION).read_text())
        assert self.release is not None
        return {"config": vars(self.release.config)}

    @property
    def context(self) -> int | None:
        """Tokens that the model can read; None where only the loaded model tells."""
        return self.description().get("context")

    @property
    def released_spelling(self) -> bool:
        """Whether the model's prompt has the authors' misspelt turn mark."""
        return bool(self.description()["config"].get("released_spelling", False))

    def identity(self) -> dict[str, Any]:
        """Facts that must not change between starts of a run: description, and size of every weight file."""
        if self.folder is None:
            assert self.release is not None
            files = {str(path): path.stat().st_size for path, _ in released_files(self.release)}
            return {"name": self.name, "description": None, "files": files}
        weights = sorted(self.folder.rglob("*.safetensors"))
        return {
            "name": str(self.folder),
            "description": hashlib.sha256((self.folder / DESCRIPTION).read_bytes()).hexdigest(),
            "files": {str(file.relative_to(self.folder)): file.stat().st_size for file in weights},
        }

    def dtype(self) -> str:
        """Number format of the stored language model; `bfloat16` for published ones."""
        from safetensors import safe_open

        folder = self.folder / LANGUAGE if self.folder else None
        file = next(iter(sorted(folder.glob("*.safetensors"))), None) if folder else None
        if file is None:
            return "bfloat16"
        with safe_open(file, framework="pt") as tensors:
            kind = tensors.get_slice(next(iter(tensors.keys()))).get_dtype()
        return {"F32": "float32", "F16": "float16"}.get(kind, "bfloat16")

    def tokens(self) -> HuggingFaceTokens:
        """The language model's tokenizer with the media tokens; no weights are loaded.

        Raises:
            ValueError: the language model it names cannot be found.
        """
        from transformers import AutoTokenizer

        from actors.models.weights.checkpoints import find_checkpoint

        name = self.description()["config"]["language_model"]
        whole = self.folder is not None and name == LANGUAGE
        source = str(self.folder / LANGUAGE) if whole and self.folder else find_checkpoint(name)
        return with_media(AutoTokenizer.from_pretrained(source, trust_remote_code=False))


def find_base(name: str) -> BaseModel:
    """The model called `pocket`, a published one, or the folder of one that was saved.

    Raises:
        ValueError: the name is none of these.
    """
    if name == "pocket":
        from actors.models.weights.pocket import pocket_folder

        return BaseModel(name, folder=pocket_folder("flamingo"))
    if name in BASES:
        return BaseModel(name, release=BASES[name])
    folder = Path(name).expanduser()
    if not (folder / DESCRIPTION).is_file():
        raise ValueError(
            f"base model {name!r} is no folder with a {DESCRIPTION}; give one that save_flamingo wrote, "
            f"`pocket`, or one of {', '.join(BASES)}"
        )
    return BaseModel(name, folder=folder.resolve())


def with_media(tokenizer: Any) -> HuggingFaceTokens:
    """The tokenizer with the tokens that Flamingo adds, as building the model does it."""
    new = [token for token in (END_OF_CHUNK, PICTURE) if token not in tokenizer.get_vocab()]
    tokenizer.add_tokens(new, special_tokens=True)
    if tokenizer.pad_token is None:
        tokenizer.add_special_tokens({"pad_token": PAD})
    media = tokenizer.convert_tokens_to_ids(PICTURE)
    if tokenizer.convert_ids_to_tokens(0) == "<unk>":  # LLaMA's, whatever its files say
        return HuggingFaceTokens(tokenizer, bos=1, eos=2, media=media)
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    return HuggingFaceTokens(tokenizer, bos=end if begin is None else begin, eos=end, media=media)
