"""Makes the BLIP-2 part of salesforce-lavis 1.0.2, written for transformers 4.26, run on transformers 5.

`lavis/__init__.py` and `lavis/models/__init__.py` import every model LAVIS has, and with them packages and
names that are long gone; they are skipped. Its copies of OPT and T5 from 2023 are replaced by the classes
of transformers, whose weights have the same names.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from actors.compat.check import require

BLIP2 = "lavis.models.blip2_models"


@cache
def install() -> None:
    """After it, `lavis.common`, `lavis.processors` and the modules of `lavis.models.blip2_models` can be
    imported, and `registry` holds the paths that LAVIS sets up. A second call does nothing.

    Raises:
        ImportError: LAVIS is not installed; the message holds the install line.
    """
    require("lavis")
    if not on_old_stack():
        _old_transformers_names()
    root, models = _without_init("lavis"), _without_init("lavis.models")
    models.BaseModel = importlib.import_module("lavis.models.base_model").BaseModel  # type: ignore[attr-defined]
    _register_paths(Path(root.__path__[0]))
    if not on_old_stack():
        _mend_query_transformer()
        _current_language_models()


def on_old_stack() -> bool:
    """Whether this process has the transformers that LAVIS was written for, as in its own environment."""
    return int(metadata.version("transformers").partition(".")[0]) < 5


def _without_init(name: str) -> ModuleType:
    """The package, importable from but with its `__init__.py` not run."""
    spec = importlib.util.find_spec(name)
    assert spec is not None, name
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)
    return package


def _register_paths(root: Path) -> None:
    """Enters in LAVIS's registry the paths and constants that the skipped `lavis/__init__.py` would enter."""
    from lavis.common.registry import registry
    from omegaconf import OmegaConf

    cache = OmegaConf.load(root / "configs/default.yaml").env.cache_root
    registry.register_path("library_root", str(root))
    registry.register_path("repo_root", str(root.parent))
    registry.register_path("cache_root", str(root.parent / cache))
    registry.register("MAX_INT", sys.maxsize)
    registry.register("SPLIT_NAMES", ["train", "val", "test"])


def _old_transformers_names() -> None:
    """Puts back into `modeling_utils` three functions that transformers 5 moved or lost (head pruning)."""
    from transformers import modeling_utils, pytorch_utils

    for name in ("apply_chunking_to_forward", "find_pruneable_heads_and_indices", "prune_linear_layer"):
        if not hasattr(modeling_utils, name):
            setattr(modeling_utils, name, getattr(pytorch_utils, name, _no_pruning))


def _no_pruning(*_: Any, **__: Any) -> None:
    raise NotImplementedError("attention heads of LAVIS models cannot be pruned on this transformers")


def _mend_query_transformer() -> None:
    """Gives LAVIS's Q-Former the methods that transformers 5 took out of PreTrainedModel."""
    qformer = importlib.import_module(BLIP2 + ".Qformer")
    base, head = qformer.BertPreTrainedModel, qformer.BertLMHeadModel
    base.get_head_mask = lambda self, head_mask, num_layers: [None] * num_layers
    base.invert_attention_mask = _invert_attention_mask
    base.init_weights = _init_weights
    head.can_generate = classmethod(lambda cls: False)  # it could not, and transformers warns about it
    head.resize_token_embeddings = _resize_with_bias(head.resize_token_embeddings)


def _invert_attention_mask(self: Any, mask: Any) -> Any:
    """1 and 0 of `[rows, keys]` or `[rows, queries, keys]` as 0 and the lowest number, per head."""
    import torch

    wide = mask[:, None] if mask.dim() == 3 else mask[:, None, None]
    return (1.0 - wide.to(self.dtype)) * torch.finfo(self.dtype).min


def _init_weights(self: Any) -> None:
    """A constructor of the old kind ends with init_weights(); transformers 5 wants post_init() before."""
    from transformers import PreTrainedModel

    if "all_tied_weights_keys" in vars(self):
        PreTrainedModel.init_weights(self)
    else:
        self.post_init()


def _resize_with_bias(resize: Any) -> Any:
    """transformers 5 leaves the output bias at its old length, and a real checkpoint (one word more than
    BERT) does not fit then."""

    def patched(self: Any, *args: Any, **kwargs: Any) -> Any:
        import torch

        embeddings = resize(self, *args, **kwargs)
        head = self.cls.predictions
        words = head.decoder.weight.shape[0]
        if head.bias.shape[0] != words:
            head.bias = torch.nn.Parameter(head.bias.new_zeros(words))
        head.decoder.bias = head.bias
        return embeddings

    return patched


def _current_language_models() -> None:
    import transformers

    for name, classes in {
        "modeling_opt": ("OPTConfig", "OPTForCausalLM"),
        "modeling_t5": ("T5Config", "T5ForConditionalGeneration"),
    }.items():
        module = ModuleType(f"{BLIP2}.{name}", "Stands in for LAVIS's copy.")
        for cls in classes:
            setattr(module, cls, getattr(transformers, cls))
        sys.modules[module.__name__] = module
        setattr(sys.modules[BLIP2], name, module)
