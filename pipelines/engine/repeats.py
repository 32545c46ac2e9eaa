"""What the rows that were written twice say about a run's determinism."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.compute as pc

from actors.rewriter import REPEATED
from pipelines.manifest import Manifest


def with_repeats(manifest: Manifest) -> Manifest:
    """`manifest` with `rows_repeated` and `rows_changed` in its determinism, where rows were repeated."""
    if REPEATED not in manifest.arrow_schema().names:
        return manifest
    column = manifest.table([REPEATED])[REPEATED]
    counts = {
        "rows_repeated": len(column) - column.null_count,
        "rows_changed": int(pc.sum(column.cast("int64")).as_py() or 0),
    }
    return replace(manifest, determinism={**manifest.determinism, **counts})
