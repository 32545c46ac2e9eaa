"""Lets the masked-language-model augmenters of nlpaug 1.1.11 run on transformers 5."""

from __future__ import annotations

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
