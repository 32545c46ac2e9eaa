"""nlpaug 1.1.11 on transformers 5, and with random numbers that belong to one row."""

from __future__ import annotations

from random import Random
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
