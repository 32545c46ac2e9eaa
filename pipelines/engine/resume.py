"""The state of a run's folder: what is finished, what is torn, and what must not run again.

The shards are the truth. Ray Data's checkpoint is rebuilt from them before every start, which closes
the gaps it leaves on its own: rows written but not yet in the checkpoint, files cut off by a kill,
and checkpoints deleted after success.
"""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from actors.base import FAILED
from pipelines.engine.ingest import read_input
from pipelines.engine.ledger import hash_id

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run lie."""

    out: Path

    @property
    def state(self) -> Path:
        return self.out / "run.json"

    @property
    def input(self) -> Path:
        return self.out / "input"

    @property
    def shards(self) -> Path:
        return self.out / "shards"

    @property
    def checkpoint(self) -> Path:
        return self.out / "checkpoint"

    def has_rows(self) -> bool:
        """Whether the input was written to the end, or a shard was: what other settings would contradict."""
        return read_input(self.input) is not None or bool(self.shard_files())

    def shard_files(self) -> list[Path]:
        return sorted(self.shards.glob("*.parquet"))


@dataclass
class Finished:
    """Rows that are already in the shards."""

    rows: int = 0
    failed_ids: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    duplicates: int = 0


@contextmanager
def locked(folder: RunFolder) -> Iterator[None]:
    """Holds the folder for this process.

    Raises:
        ValueError: another run is writing there.
    """
    folder.out.mkdir(parents=True, exist_ok=True)
    with (folder.out / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"another run is writing to {folder.out}; wait for it, or give another --out"
            ) from error
        yield


def read_state(folder: RunFolder) -> dict[str, Any] | None:
    """What an earlier run of this folder wrote about itself; None for a new folder.

    Raises:
        ValueError: the folder holds other files, so it is not a run's.
    """
    if folder.state.is_file():
        state: dict[str, Any] = json.loads(folder.state.read_text())
        return state
    strangers = (
        [path.name for path in folder.out.iterdir() if path.name != ".lock"] if folder.out.is_dir() else []
    )
    if strangers:
        raise ValueError(
            f"{folder.out} holds {strangers[:3]} and no run; give a new or empty folder as --out"
        )
    return None


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Lines `path: old → new` for every value that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = list(old) + [key for key in new if key not in old]
        return [
            line
            for key in keys
            for line in differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{path}[{i}]")]
    return [] if old == new else [f"{path}: {old!r:.120} → {new!r:.120}"]


def reconcile(folder: RunFolder, *, retry_failed: bool = False) -> Finished:
    """Makes shards and checkpoint agree: torn files moved aside, doubled rows removed, ids listed.

    With `retry_failed` the failed rows are taken out, so that they run again.
    """
    finished = Finished()
    seen: set[int] = set()
    shutil.rmtree(folder.checkpoint, ignore_errors=True)
    folder.checkpoint.mkdir(parents=True)
    folder.shards.mkdir(exist_ok=True)
    for file in folder.shard_files():
        ids = _kept_ids(folder, file, seen, finished, retry_failed)
        if ids:
            pq.write_table(
                pa.table({"id": pa.array(ids, pa.string())}), folder.checkpoint / f"{file.stem}.parquet"
            )
            finished.rows += len(ids)
    return finished


def _kept_ids(
    folder: RunFolder, file: Path, seen: set[int], finished: Finished, retry_failed: bool
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
        again = hash_id(row_id) in seen
        finished.duplicates += again
        good = not again and not (retry_failed and status == FAILED)
        keep.append(good)
        if good:
            seen.add(hash_id(row_id))
            if status == FAILED:
                finished.failed_ids.append(row_id)
    if not all(keep):
        _rewrite(file, keep)
    return [row_id for row_id, good in zip(ids, keep, strict=True) if good]


def _rewrite(file: Path, keep: list[bool]) -> None:
    part = file.with_suffix(".part")
    pq.write_table(pq.read_table(file).filter(pa.array(keep)), part)
    part.replace(file)


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
    seen: set[int] = set()
    written = 0
    for file in folder.shard_files():
        table = pq.read_table(file, columns=["id", "status", "reason"])
        shards.append({"path": f"shards/{file.name}", "rows": table.num_rows})
        written += table.num_rows
        seen.update(hash_id(row_id) for row_id in table["id"].to_pylist())
        statuses.update(table["status"].to_pylist())
        for status, counter in reasons.items():
            counter.update(table["reason"].filter(pc.equal(table["status"], status)).to_pylist())
    missing = [row_id for row_id in input_ids if hash_id(row_id) not in seen]
    if missing or written != rows_in:
        raise Unbalanced(
            f"the counts do not balance: {rows_in} rows in, {written} written, {len(missing)} ids missing "
            f"{missing[:5]}; run the same command again to finish"
        )
    rows = {
        "in": rows_in,
        "kept": statuses["live"],
        "dropped": statuses["dropped"],
        "failed": statuses["failed"],
    }
    ordered = {status: dict(counter.most_common()) for status, counter in reasons.items()}
    return Balance(rows, ordered, [shard for shard in shards if shard["rows"]])
