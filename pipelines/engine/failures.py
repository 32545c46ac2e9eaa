"""Errors that stop a run before its end, and their messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from actors.base import FAILED
from pipelines.engine.ledger import Crash, Snapshot, max_failed_rows

if TYPE_CHECKING:
    from pipelines.reasons import Words


class StageCrashed(RuntimeError):
    """Broken code in a worker; the message holds the worker's traceback."""


class TooManyFailed(RuntimeError):
    """More rows failed than `--max-failed` allows; the message counts them by reason."""


def plain_error(crash: Crash, file: Path | None = None) -> Exception:
    """A worker's ValueError as one here; anything else is broken code and brings its traceback.

    numpy, torch and our own contracts raise ValueErrors too, which no user can mend: the whole trace is
    written to `file`, and the words name it.
    """
    where = f"{crash.stage} raised {crash.error} {crash.when}"
    traced = ""
    if file is not None:
        file.write_text(f"{where}\n\n{crash.trace}", encoding="utf-8", errors="replace")
        traced = f"; the worker's traceback is in {file}"
    if crash.error == "ValueError":
        return ValueError(f"{crash.stage}: {crash.message} ({crash.when}{traced})")
    return StageCrashed(f"{crash.trace}\n{where}{traced}")


def failed_rows(files: Iterable[Path]) -> Snapshot:
    """The failed rows of Parquet files, each id counted once, as a ledger would have counted them."""
    import pyarrow.parquet as pq

    failed: dict[str, dict[str, str]] = {}
    for file in files:
        table = pq.read_table(file, columns=["id", "reason", "detail"], filters=[("status", "=", "failed")])
        for row in table.to_pylist():
            failed.setdefault(row["id"], {key: value or "" for key, value in row.items()})
    reasons = Counter(row["reason"] for row in failed.values())
    return Snapshot({}, dict(reasons), list(failed.values())[:3], len(failed), stopped=True)


def with_earlier(snapshot: Snapshot, earlier: Snapshot) -> Snapshot:
    """`snapshot` of a ledger that knew of the `earlier` failed rows, with their reasons and examples too."""
    reasons = Counter(snapshot.reasons) + Counter(earlier.reasons)
    return replace(snapshot, reasons=dict(reasons), examples=[*snapshot.examples, *earlier.examples])


def failure_summary(snapshot: Snapshot, *, rows: int, max_failed: float, out: Path, words: Words) -> str:
    """Counts by reason, three example rows and the way on, of a run that was stopped."""
    first, *rest = failure_counts(snapshot, rows=rows, max_failed=max_failed, words=words)
    way_on = (
        f"finished rows are kept in {out}; mend the cause and run the same command with "
        "--retry-failed, or raise --max-failed to accept the failed rows"
    )
    return "\n".join([f"stopped: {first}", *rest, way_on])


def failure_counts(snapshot: Snapshot, *, rows: int, max_failed: float, words: Words) -> list[str]:
    """A line each: how many of the `rows` failed, how many for which reason, and three of them."""
    allowed = max_failed_rows(max_failed, rows)
    counts = sorted(snapshot.reasons.items())
    reasons = ", ".join(f"{_code_and_words(reason, words)}: {count}" for reason, count in counts)
    examples = [f"  {row['id']}: {row['reason']}: {row['detail']:.200}" for row in snapshot.examples[:3]]
    share = snapshot.failed / rows if rows else 0.0
    return [
        f"{snapshot.failed} rows failed, more than the {allowed} allowed of {rows} "
        f"({share:.1%}, --max-failed {max_failed:.1%})",
        f"by reason: {reasons}",
        *examples,
    ]


def _code_and_words(reason: str, words: Words) -> str:
    """The reason code, with its words in brackets where they say more than the code."""
    from pipelines.reasons import reason_words  # of all sources and models: nothing that a flag needs

    meaning = reason_words(reason, words, FAILED)
    return reason if meaning == reason.replace("_", " ") else f"{reason} ({meaning})"
