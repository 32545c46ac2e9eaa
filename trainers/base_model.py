"""The model that training starts from, so far as the driver needs to know it: name, files, tokenizer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from actors.models.flamingo_config import END_OF_CHUNK, PAD, PICTURE
from trainers.data import HuggingFaceTokens

DESCRIPTION, LANGUAGE = "flamingo.json", "language"


def base_folder(name: str) -> Path:
    """The folder of `pocket`, or of a Flamingo that was saved.

    Raises:
        ValueError: nothing there.
    """
    if name == "pocket":
        from actors.models.pocket import pocket_folder

        return pocket_folder("flamingo")
    folder = Path(name).expanduser()
    if not (folder / DESCRIPTION).is_file():
        raise ValueError(
            f"base model {name!r} holds no {DESCRIPTION}; give `pocket` or a folder written by save_flamingo"
        )
    return folder.resolve()


def base_identity(folder: Path) -> dict[str, Any]:
    """What must be unchanged for a run to go on: the description, and name and size of every weight file."""
    digest = hashlib.sha256((folder / DESCRIPTION).read_bytes()).hexdigest()
    files = {str(file.relative_to(folder)): file.stat().st_size for file in folder.rglob("*.safetensors")}
    return {"folder": str(folder), "description": digest, "files": dict(sorted(files.items()))}


def base_context(folder: Path) -> int:
    """Tokens the base model can read."""
    return int(json.loads((folder / DESCRIPTION).read_text())["context"])


def base_tokens(folder: Path) -> HuggingFaceTokens:
    """The base model's tokenizer; no weights are loaded.

    Raises:
        ValueError: the language model it names cannot be found.
    """
    from transformers import AutoTokenizer

    from actors.models.checkpoints import find_checkpoint

    name = json.loads((folder / DESCRIPTION).read_text())["config"]["language_model"]
    source = str(folder / LANGUAGE) if name == LANGUAGE else find_checkpoint(name)
    tokenizer: Any = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    known = tokenizer.get_vocab()
    tokenizer.add_tokens(
        [token for token in (END_OF_CHUNK, PICTURE) if token not in known], special_tokens=True
    )
    if tokenizer.pad_token is None:
        tokenizer.add_special_tokens({"pad_token": PAD})
    media = tokenizer.convert_tokens_to_ids(PICTURE)
    if tokenizer.convert_ids_to_tokens(0) == "<unk>":  # LLaMA's, whatever its files say
        return HuggingFaceTokens(tokenizer, bos=1, eos=2, media=media)
    end = tokenizer.eos_token_id
    begin = tokenizer.bos_token_id
    return HuggingFaceTokens(tokenizer, bos=end if begin is None else begin, eos=end, media=media)
