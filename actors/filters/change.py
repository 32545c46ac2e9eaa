"""Responses that were not rewritten."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.base import Filter


@dataclass
class ChangeFilter(Filter):
    """Drops a response that equals the raw one but for case, punctuation and spacing: "no" → "No."."""

    reasons = {"unchanged": "nothing but case and punctuation was rewritten"}

    reads = ("response", "response_original")

    def keep(self, table: pa.Table) -> pa.Array:
        pairs = zip(table["response"].to_pylist(), table["response_original"].to_pylist(), strict=True)
        return pa.array([new is not None and fold(new) != fold(old or "") for new, old in pairs])

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {
            "detail": [f"as the raw response: {old!r:.200}" for old in table["response_original"].to_pylist()]
        }


def fold(text: str) -> str:
    """Letters and digits in lower case with single spaces; text of marks alone keeps them."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", lowered)) or lowered.strip()
