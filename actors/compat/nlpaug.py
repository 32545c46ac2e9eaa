"""nlpaug 1.1.11 on transformers 5, and with random numbers that belong to one row."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any


def install() -> None:
    """Replaces nlpaug's token lookups, which call private tokenizer methods that no longer exist."""
    from nlpaug.model.lang_models import bert, distilbert, roberta

    for model in (bert.Bert, distilbert.DistilBert, roberta.Roberta):
        model.token2id = _token_to_id
        model.id2token = _id_to_token


def _token_to_id(self: Any, token: str) -> int:
    return self.tokenizer.convert_tokens_to_ids(token)


def _id_to_token(self: Any, token_id: Any) -> str:
    return self.tokenizer.convert_ids_to_tokens(int(token_id))


def random_word_class() -> Any:
    """nlpaug's RandomWordAug, loaded without the rest of its package.

    The rest imports nltk and transformers, which take twice as long as everything else that a worker
    loads. While the class loads, an empty package stands in for the real one, which can still be imported.
    """
    import nlpaug.augmenter

    package = f"{nlpaug.augmenter.__name__}.word"
    if package not in sys.modules:
        bare = ModuleType(package)
        bare.__path__ = [str(Path(nlpaug.augmenter.__path__[0]) / "word")]
        sys.modules[package] = bare
        try:
            bare.WordAugmenter = import_module(f"{package}.word_augmenter").WordAugmenter  # type: ignore[attr-defined]
            return import_module(f"{package}.random").RandomWordAug
        finally:
            for name in [name for name in sys.modules if name.startswith(package)]:
                del sys.modules[name]
    return import_module(f"{package}.random").RandomWordAug


def seeded(augmenter: Any, rng: Random) -> Any:
    """`augmenter` drawing from `rng` alone; nlpaug's own draws come from the process's global generators.

    Also mended here: cropping one word failed half of the time, on an empty range.
    """

    def sample(items: Any, count: int = 1) -> Any:
        return rng.sample(items, count) if isinstance(items, list) else rng.randrange(1, items - 1)

    whole_range = getattr(augmenter, "_get_aug_range_idxes", None)

    def crop_range(tokens: list[str]) -> list[int]:
        if len(tokens) and augmenter.generate_aug_cnt(len(tokens)) == 1:
            return [rng.randrange(len(tokens))]
        places: list[int] = whole_range(tokens) if whole_range else []
        return places

    augmenter.sample = sample
    augmenter.prob = rng.random
    augmenter._get_aug_range_idxes = crop_range
    return augmenter
