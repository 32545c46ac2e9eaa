"""Tables of rewritten responses for the filters, and what a filter says of them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from actors.apply import apply
from actors.base import Filter
from pipelines.schema import base_schema, live_row

TYPES = {
    "response_original": pa.string(),
    "finish_reason": pa.string(),
    "sts_similarity": pa.float32(),
    "nli_similarity": pa.list_(pa.float32()),
    "paragraph_clip_scores": pa.list_(pa.float32()),
}


def rows_table(*rows: dict[str, Any]) -> pa.Table:
    """Live rows that have these columns, and those of `TYPES` that one of them names."""
    extra = {name: kind for name, kind in TYPES.items() if any(name in row for row in rows)}
    full = [live_row(id=str(i), dataset="d", task="caption") | row for i, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=pa.schema([*base_schema(), *extra.items()]))


def marks(actor: Filter, *rows: dict[str, Any]) -> list[str | None]:
    """The reason of each row's drop, None for those that stay."""
    return apply(actor, rows_table(*rows))["reason"].to_pylist()
