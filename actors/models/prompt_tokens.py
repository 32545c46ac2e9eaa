"""Prompts as token ids that fit a context: the instruction is kept whole, the document is cut at its end."""

from __future__ import annotations

from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from actors.base import BadRow
from actors.models.text_generator import Prompt


@dataclass(frozen=True)
class PromptTokens:
    """`text` is what `ids` spell; `cut_tokens` of the document were left out."""

    ids: list[int]
    text: str
    cut_tokens: int = 0


def fit_prompt(prompt: Prompt, tokenizer: PreTrainedTokenizerBase, limit: int) -> PromptTokens:
    """The prompt in at most `limit` tokens.

    Raises:
        BadRow: `prompt_too_long`, where even without its document the prompt does not fit.
    """
    ids = _ids(prompt.text, tokenizer)
    if len(ids) <= limit:
        return PromptTokens(ids, prompt.text)
    document = tokenizer(prompt.document, add_special_tokens=False, return_offsets_mapping=True)
    ends = [0, *(end for _, end in document["offset_mapping"])]
    total = kept = len(ends) - 1
    around = (prompt.before + prompt.head, prompt.tail + prompt.after)
    while len(ids) > limit and kept > 0:
        kept = max(0, kept - (len(ids) - limit))
        text = prompt.document[: ends[kept]].rstrip().join(around)
        ids = _ids(text, tokenizer)
    if kept == 0:
        raise BadRow(
            "prompt_too_long",
            f"the prompt has {len(ids)} tokens without its document, and {limit} fit the model's context",
        )
    return PromptTokens(ids, text, total - kept)


def _ids(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


__all__ = ["PromptTokens", "fit_prompt"]
