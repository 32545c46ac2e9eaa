"""From a checkpoint's name to a loaded decoder-only model, its tokenizer and its context length."""

from __future__ import annotations

import difflib
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar

from actors.models.weights.checkpoint_check import HUB_ID, cached_snapshot, check_folder
from actors.models.weights.gguf import converted_folder, packaged_folder

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
# What configurations call the longest input; the first that is set counts. Vicuna 16k says 4096 in the
# second and the truth in the first.
CONTEXT_NAMES = ("max_sequence_length", "max_position_embeddings", "max_seq_len", "seq_length")
NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Checkpoint:
    """A model in evaluation mode; `context` is how many tokens prompt and answer may have together."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    context: int


def load_checkpoint(
    checkpoint: str,
    *,
    dtype: str = "auto",
    device: str = "auto",
    rope_factor: float | None = None,
    max_context: int | None = None,
) -> Checkpoint:
    """The model of a folder, a hub name, `package:NAME` or a GGUF file.

    `dtype` auto = float32 on a CPU, bfloat16 on a GPU; `device` auto = a GPU where there is one.
    `rope_factor` stretches rotary positions linearly, and the context with them unless `max_context`
    says otherwise. Weights come from safetensors, or from torch files without running their code; code
    from the checkpoint is never run.

    Raises:
        ValueError: the checkpoint is missing or cannot be loaded, with the next step.
    """
    place = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
    kind = torch.bfloat16 if place.type == "cuda" else torch.float32
    source = find_checkpoint(checkpoint)
    disable_progress_bar()  # workers' bars would run through the pipeline's own
    try:
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
        if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
            raise ValueError(
                f"{checkpoint!r} is a {config.model_type}, which is no decoder-only language model"
            )
        context = max_context or _context(config, rope_factor)
        if rope_factor is not None:
            _stretch(config, rope_factor)
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        model: Any = AutoModelForCausalLM.from_pretrained(
            source,
            config=config,
            dtype=kind if dtype == "auto" else DTYPES[dtype],
            trust_remote_code=False,
            weights_only=True,
        )
    except (OSError, SafetensorError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot load {checkpoint!r}: {str(error).strip()}") from error
    return Checkpoint(model.to(place).eval(), tokenizer, context)


def find_checkpoint(checkpoint: str) -> str:
    """A name for `from_pretrained`: a folder that exists and is complete, or a hub name.

    Raises:
        ValueError: neither; names the folders nearby that look alike.
    """
    if checkpoint.startswith("package:"):
        return str(packaged_folder(checkpoint.removeprefix("package:")))
    path = Path(checkpoint).expanduser()
    if path.suffix == ".gguf" and path.is_file():
        return str(converted_folder(path))
    if path.is_dir():
        check_folder(path)
        return str(path)
    if HUB_ID.fullmatch(checkpoint):
        return _hub_name(checkpoint)
    near = difflib.get_close_matches(path.name, [child.name for child in path.parent.glob("*")], n=3)
    names = " or ".join(str(path.parent / name) for name in near)
    hint = f"did you mean {names}?" if near else "check the path"
    raise ValueError(f"model folder {checkpoint!r} does not exist; {hint}")


def _hub_name(checkpoint: str) -> str:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE and cached_snapshot(checkpoint) is None:
        raise ValueError(
            f"there is no folder {checkpoint!r}, and as a hub name it is not in the hub cache "
            f"({constants.HF_HUB_CACHE}) while HF_HUB_OFFLINE is set; give the folder of a local copy"
        )
    return checkpoint


def _context(config: PretrainedConfig, rope_factor: float | None) -> int:
    known = (getattr(config, name, None) for name in CONTEXT_NAMES)
    length = next((length for length in known if length), NO_LIMIT)
    return int(length * rope_factor) if rope_factor is not None else length


def _stretch(config: PretrainedConfig, factor: float) -> None:
    rope: dict[str, Any] | None = getattr(config, "rope_parameters", None)
    if not rope or "rope_theta" not in rope:
        raise ValueError(
            f"rope_factor {factor} needs rotary positions; {config.model_type} has none of its own"
        )
    config.rope_parameters = {
        "rope_type": "linear",
        "factor": factor,
        **{name: rope[name] for name in ("rope_theta", "partial_rotary_factor") if name in rope},
    }
