"""The shards of a run's folder: finished rows, torn files, and the ids that must not run again.

The shards are the truth. Ray Data's checkpoint is rebuilt from them before every start, which closes
the gaps it leaves on its own: rows written but not yet in the checkpoint, files cut off by a kill,
and checkpoints deleted after success.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from actors.base import FAILED
from pipelines.engine.ingest import read_input
from pipelines.engine.ledger import hash_id
from pipelines.engine.run_folder import RunFolder

logger = logging.getLogger(__name__)


@dataclass
class Finished:
    """Rows that are already in the shards."""

    rows: int = 0
    failed_ids: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    duplicates: int = 0


def has_rows(folder: RunFolder) -> bool:
    """Whether the whole input, or any shard, was written: then the run's settings may no longer change."""
    return read_input(folder.input) is not None or bool(folder.shard_files())


def reconcile(folder: RunFolder, *, retry_failed: bool = False) -> Finished:
    """Makes shards and checkpoint agree: torn files moved aside, doubled rows removed, ids listed.

    With `retry_failed` the failed rows are taken out, so that they run again.
    """
    finished = Finished()
    hashes: set[int] = set()
    shutil.rmtree(folder.checkpoint, ignore_errors=True)
    folder.checkpoint.mkdir(parents=True)
    folder.shards.mkdir(exist_ok=True)
    for file in folder.shard_files():
        ids = _kept_ids(folder, file, hashes, finished, retry_failed)
        if ids:
            listed = pa.table({"id": pa.array(ids, pa.string())})
            pq.write_table(listed, folder.checkpoint / f"{file.stem}.parquet")
            finished.rows += len(ids)
    return finished


def _kept_ids(
    folder: RunFolder, file: Path, hashes: set[int], finished: Finished, retry_failed: bool
) -> list[str]:
    try:
        table = pq.read_table(file, columns=["id", "status"])
    except (pa.ArrowInvalid, OSError) as error:
        aside = folder.out / "torn"
        aside.mkdir(exist_ok=True)
        file.replace(aside / file.name)
        finished.torn.append(file.name)
        logger.warning("moved the unreadable shard %s to %s (%s)", file.name, aside, error)
        return []
    ids, statuses = table["id"].to_pylist(), table["status"].to_pylist()
    keep: list[bool] = []
    for row_id, status in zip(ids, statuses, strict=True):
        again = hash_id(row_id) in hashes
        finished.duplicates += again
        good = not again and not (retry_failed and status == FAILED)
        keep.append(good)
        if good:
            hashes.add(hash_id(row_id))
            if status == FAILED:
                finished.failed_ids.append(row_id)
    if not all(keep):
        part = file.with_suffix(".part")
        pq.write_table(pq.read_table(file).filter(pa.array(keep)), part)
        part.replace(file)
    return [row_id for row_id, good in zip(ids, keep, strict=True) if good]


class Unbalanced(RuntimeError):
    """The rows written are not the rows that came in."""


@dataclass
class Balance:
    """Counts over the shards of a run."""

    rows: dict[str, int]
    reasons: dict[str, dict[str, int]]
    shards: list[dict[str, Any]]


def balance(folder: RunFolder, input_ids: Iterator[str], rows_in: int) -> Balance:
    """The ledger's closing count: every input id in the shards exactly once.

    Raises:
        Unbalanced: ids are missing, doubled or foreign; the run must not be called finished.
    """
    statuses: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {"dropped": Counter(), "failed": Counter()}
    shards: list[dict[str, Any]] = []
    hashes: set[int] = set()
    num_rows = 0
    for file in folder.shard_files():
        table = pq.read_table(file, columns=["id", "status", "reason"])
        shards.append({"path": f"shards/{file.name}", "rows": table.num_rows})
        num_rows += table.num_rows
        hashes.update(hash_id(row_id) for row_id in table["id"].to_pylist())
        statuses.update(table["status"].to_pylist())
        for status, counter in reasons.items():
            counter.update(table["reason"].filter(pc.equal(table["status"], status)).to_pylist())
    missing = [row_id for row_id in input_ids if hash_id(row_id) not in hashes]
    if missing or num_rows != rows_in:
        raise Unbalanced(
            f"the counts do not balance: {rows_in} rows in, {num_rows} written, {len(missing)} ids missing "
            f"{missing[:5]}; run the same command again to finish"
        )
    rows = {"in": rows_in, "kept": statuses["live"], **{status: statuses[status] for status in reasons}}
    ordered = {status: dict(counter.most_common()) for status, counter in reasons.items()}
    return Balance(rows, ordered, [shard for shard in shards if shard["rows"]])
