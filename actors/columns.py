"""Column types by the names that Arrow and manifests give them, so that declaring one does not load Arrow."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from actors.base import Columns

SCALARS = (
    "string", "binary", "bool", "int8", "int16", "int32", "int64", "uint8", "halffloat", "float", "double",
)  # fmt: skip
SCORED_TEXTS = "list<item: struct<score: float, text: string>>"


@cache
def named_types() -> dict[str, pa.DataType]:
    """The types that a column can have in a manifest, by name."""
    scalars = [pa.type_for_alias(name) for name in SCALARS]
    lists = [pa.list_(kind) for kind in (*scalars, pa.struct({"score": pa.float32(), "text": pa.string()}))]
    return {str(kind): kind for kind in (*scalars, *lists, *map(pa.list_, lists[:-1]))}


def arrow_types(columns: Columns) -> dict[str, pa.DataType]:
    """The columns with Arrow's own types.

    Raises:
        ValueError: no type has the name that a column has.
    """
    unknown = [kind for kind in columns.values() if isinstance(kind, str) and kind not in named_types()]
    if unknown:
        raise ValueError(f"no column type is called {unknown[0]!r}; use one of {sorted(named_types())}")
    return {name: named_types()[kind] if isinstance(kind, str) else kind for name, kind in columns.items()}
