"""The live rows of a finished run as a data set, with its card and the list of what was left out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

from actors.base import LIVE, BadRow
from pipelines.exports.card import Tally, data_card
from pipelines.exports.records import llava_record, pf1m_record, sharegpt_record
from pipelines.exports.writers import TarShards, json_array, json_lines, write_parquet
from pipelines.manifest import Manifest
from pipelines.schema import Row

logger = logging.getLogger(__name__)

Format = Literal["pf1m", "llava", "sharegpt", "parquet", "webdataset"]
RECORDS: Mapping[str, Callable[[Row], dict[str, Any]]] = {
    "pf1m": pf1m_record, "llava": llava_record, "sharegpt": sharegpt_record,
}  # fmt: skip
BATCH = 4096
CARD, ROWS, LEFT_OUT = "README.md", "rows.jsonl", "left_out.jsonl"
WHY = ("id", "dataset", "task", "status", "reason", "detail", "score", "threshold")


def export_run(run: Path, out: Path, kind: Format) -> Tally:
    """Writes the set under `out` and returns the counts.

    Raises:
        ValueError: no finished run, an unknown format, a folder that is not empty, or nothing to export.
    """
    manifest = Manifest.read(run)
    if kind not in get_args(Format):
        raise ValueError(f"format {kind!r} is not known; expected one of {', '.join(get_args(Format))}")
    if kind == "pf1m" and "response_original" not in manifest.schema:
        raise ValueError(f"{run} has no response_original, which PF-1M needs; give a rewriting or filter run")
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty; give another --out")
    if not manifest.rows["kept"]:
        raise ValueError(f"{run} kept no row, so there is nothing to export")
    out.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    with ExitStack() as stack:
        add = _open_set(kind, manifest, out, stack)
        rows, left_out = (stack.enter_context(json_lines(out / name)) for name in (ROWS, LEFT_OUT))
        batches = manifest.batches(list(manifest.schema), rows=BATCH)
        for row in chain.from_iterable(batch.to_pylist() for batch in batches):
            row = _add_row(row, add) if row["status"] == LIVE else row
            if row["status"] == LIVE:
                rows({name: row[name] for name in ("id", "dataset", "task", "images")})
                tally.exported[row["dataset"]] += 1
                tally.repaired += bool(row.get("filtered_paragraphs"))
            else:
                left_out({name: row[name] for name in WHY})
                tally.left_out[row["dataset"], row["status"], row["reason"]] += 1
    if kind == "parquet":
        write_parquet(manifest, out)
    (out / CARD).write_text(data_card(manifest, kind, tally), encoding="utf-8")
    logger.info("exported %d rows to %s, left out %d", tally.exported.total(), out, tally.left_out.total())
    return tally


def _open_set(kind: Format, manifest: Manifest, out: Path, stack: ExitStack) -> Callable[[Row], None]:
    """What takes one live row; Parquet is written from the shards instead."""
    if kind == "parquet":
        return lambda row: None
    if kind == "webdataset":
        root = Path(manifest.image_root) if manifest.image_root else None
        tar = stack.enter_context(TarShards(out, root))
        return lambda row: tar.add(sharegpt_record(row), row["images"] or [])
    append = stack.enter_context(json_array(out / f"{kind}.json"))
    record = RECORDS[kind]
    return lambda row: append(record(row))


def _add_row(row: Row, add: Callable[[Row], None]) -> Row:
    """The row, or the row marked failed where its picture cannot be put into the set."""
    try:
        add(row)
    except BadRow as bad:
        return row | {"status": "failed", "reason": bad.reason, "detail": bad.detail}
    return row
