"""Live counts of a run: which rows are done, dropped or failed, and whether to stop.

The final counts come from the written shards (`resume.py`); these are for people who watch and for
`--max-failed`.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 3
TIMED_BATCHES = 1000


@dataclass
class StageCount:
    """Counts of one stage since the run started."""

    rows: int = 0
    dropped: int = 0
    failed: int = 0
    busy_s: float = 0.0
    workers: int = 0
    batches: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=TIMED_BATCHES))


@dataclass(frozen=True)
class Crash:
    """An error raised in a worker: its type, its message, and the worker's own traceback."""

    stage: str
    when: str
    error: str
    message: str
    trace: str


@dataclass
class Snapshot:
    """A copy of the ledger at one moment: `failed` rows, each counted once, and `reasons` of those among them
    that failed since it began."""

    stages: dict[str, StageCount]
    reasons: dict[str, int]
    examples: list[dict[str, str]]
    failed: int
    stopped: bool
    crash: Crash | None = None


class Ledger:
    """Runs as one small Ray actor that holds no CPU; workers report to it."""

    def __init__(
        self, stages: Sequence[str], *, max_failed_rows: int, failed_before: Sequence[str] = ()
    ) -> None:
        self._stages = {name: StageCount() for name in stages}
        self._max_failed_rows = max_failed_rows
        self._failed_ids = {hash_id(row_id) for row_id in failed_before}
        self._reasons: Counter[str] = Counter()
        self._examples: dict[str, list[dict[str, str]]] = {}
        self._stopped = False
        self._crash: Crash | None = None

    def loaded(self, stage: str) -> None:
        """Counts one more worker of `stage` that has its model in memory."""
        self._stages[stage].workers += 1

    def report(
        self, stage: str, batches: Sequence[tuple[int, float]], marks: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Counts batches as (rows, busy seconds); `marks` are the rows newly dropped or failed in them.

        Returns whether the run must stop.
        """
        count = self._stages[stage]
        count.rows += sum(rows for rows, _ in batches)
        count.busy_s += sum(busy_s for _, busy_s in batches)
        count.batches.extend(batches)
        for row in marks:
            if row["status"] == "failed":
                count.failed += 1
                self._fail(row)
            else:
                count.dropped += 1
        return self._stopped

    def _fail(self, row: Mapping[str, Any]) -> None:
        """Counts a failed row, unless it was counted: a batch that is repeated reports its rows again."""
        known = hash_id(row["id"])
        if known in self._failed_ids:
            return
        self._failed_ids.add(known)
        self._reasons[row["reason"]] += 1
        examples = self._examples.setdefault(row["reason"], [])
        if len(examples) < EXAMPLES:
            examples.append({key: str(row[key]) for key in ("id", "reason", "detail")})
        self._stopped = len(self._failed_ids) > self._max_failed_rows

    def crashed(self, crash: Crash) -> None:
        """Keeps the first crash, which is the cause of those that follow."""
        self._crash = self._crash or crash

    def snapshot(self) -> Snapshot:
        """All counts at this moment, the examples and the first crash."""
        examples = [row for rows in self._examples.values() for row in rows]
        failed = len(self._failed_ids)
        return Snapshot(self._stages, dict(self._reasons), examples, failed, self._stopped, self._crash)


def last_snapshot(ledger: Any, rows: int) -> Snapshot:
    """The counts once every stage has reported all `rows`, or after 2 s.

    Workers report a moment after a quick batch, so the last words may be on their way.
    """
    import ray

    for _ in range(20):
        snapshot: Snapshot = ray.get(ledger.snapshot.remote())
        if snapshot.stopped or all(count.rows >= rows for count in snapshot.stages.values()):
            break
        time.sleep(0.1)
    return snapshot


def hash_id(row_id: str) -> int:
    """Eight bytes that stand for an id in memory."""
    return int.from_bytes(hashlib.blake2b(row_id.encode(), digest_size=8).digest(), "big")


def max_failed_rows(max_failed: float, rows: int) -> int:
    """Failed rows that `--max-failed` allows; one always, so that a small set can have a bad row."""
    return max(1, int(max_failed * rows + 1e-9)) if max_failed > 0 else 0
