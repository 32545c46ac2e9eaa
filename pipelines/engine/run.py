"""Running a pipeline: preflight, resume, execute over Ray Data, balance, manifest."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from cluster.capacity import Pool
from cluster.connect import connected
from pipelines.engine.failures import failed_rows, failure_summary
from pipelines.engine.identity import refuse_changes, run_identity
from pipelines.engine.ingest import InputTable, read_input, write_input
from pipelines.engine.ledger import Crash, Snapshot, max_failed_rows, settled
from pipelines.engine.pipeline import Group, Pipeline
from pipelines.engine.preflight import check_pipeline, check_source
from pipelines.engine.repeats import with_repeats
from pipelines.engine.resume import Balance, Finished, RunFolder, balance, locked, read_state, reconcile
from pipelines.manifest import MANIFEST, Manifest, schema_json, write_json
from pipelines.reasons import run_words, undeclared
from pipelines.versions import git_commit, package_versions

logger = logging.getLogger(__name__)
CRASH = "crash.txt"


@dataclass(frozen=True)
class RunOptions:
    """How a run goes, not what it computes; verbs take it as flags."""

    limit: int | None = None
    """Take the first N rows alone."""
    max_failed: float = 0.01
    """Stop when more than this share of all rows failed (one row may always fail)."""
    fresh: bool = False
    """Begin again in a new folder beside --out; nothing is deleted."""
    retry_failed: bool = False
    """Run the failed rows of an earlier start once more."""
    address: str | None = None
    """Ray cluster to run on; without it RAY_ADDRESS, else a private Ray on this machine."""

    def as_json(self) -> dict[str, Any]:
        """What a manifest keeps: these fields, without those that a verb's flags add."""
        return {item.name: getattr(self, item.name) for item in fields(RunOptions)}


class StageCrashed(RuntimeError):
    """Broken code in a worker; the message holds the worker's traceback."""


class TooManyFailed(RuntimeError):
    """The run as a whole goes wrong; the message is the summary a person needs."""


@dataclass
class Session:
    """One start of a run: its folder, what it knows, when it began."""

    pipeline: Pipeline
    options: RunOptions
    folder: RunFolder
    table: InputTable | None = None
    crash_file: Path | None = None
    started: float = field(default_factory=time.time)


def run_pipeline(pipeline: Pipeline, options: RunOptions = RunOptions()) -> Manifest:
    """Runs to the end, or goes on where an earlier run of the same pipeline stopped; the finished manifest.

    Raises:
        ValueError: something a user can mend before any model loads.
        TooManyFailed: more rows failed than `max_failed` allows.
        Unbalanced: the counts do not balance.
    """
    out = fresh_folder(pipeline.out) if options.fresh else pipeline.out
    pipeline = replace(pipeline, out=out)
    session = Session(pipeline, options, RunFolder(out), crash_file=out / CRASH)
    check_source(pipeline, options.limit)
    identity = run_identity(pipeline, options.limit)
    state = read_state(session.folder)
    if state is not None and session.folder.has_rows():
        refuse_changes(out, state["identity"], identity)
    if (out / MANIFEST).exists() and not options.retry_failed:
        manifest = Manifest.read(out)
        logger.info("%s is finished already: %s", out, manifest.rows)
        return manifest
    check_pipeline(pipeline)
    with locked(session.folder):
        state = read_state(session.folder)
        if state is not None and session.folder.has_rows():  # another start may have written some since
            refuse_changes(out, state["identity"], identity)
        state = {"identity": identity, "sessions": state["sessions"] if state else []}
        state["sessions"].append({"started": timestamp(session.started), "command": sys.argv})
        write_json(session.folder.state, state)
        (out / MANIFEST).unlink(missing_ok=True)
        (out / CRASH).unlink(missing_ok=True)
        return _run_locked(session, state)


def _run_locked(session: Session, state: dict[str, Any]) -> Manifest:
    pipeline, folder = session.pipeline, session.folder
    session.table = read_input(folder.input) or write_input(
        pipeline.source, folder.input, pipeline.input_schema(), limit=session.options.limit
    )
    finished = reconcile(folder, retry_failed=session.options.retry_failed)
    if finished.rows:
        logger.info("going on: %d of %d rows are finished", finished.rows, session.table.rows)
    refuse_failed(session, finished)
    snapshot = None
    if finished.rows < session.table.rows:
        snapshot = execute(session, finished)
        leftovers = reconcile(folder)
        refuse_failed(session, leftovers)
        if leftovers.duplicates or leftovers.torn:
            logger.warning(
                "removed %d doubled rows, %d torn shards", leftovers.duplicates, len(leftovers.torn)
            )
    counts = balance(folder, session.table.ids(), session.table.rows)
    state["sessions"][-1] |= {"finished": timestamp(time.time()), "stages": _stage_timings(session, snapshot)}
    write_json(folder.state, state)
    manifest = _manifest(session, state, counts)
    manifest.write()
    return manifest


def refuse_failed(session: Session, finished: Finished) -> None:
    """Raises TooManyFailed when more rows than allowed failed already, in the source or in the shards."""
    table = session.table
    assert table is not None
    allowed = max_failed_rows(session.options.max_failed, table.rows)
    if len({*finished.failed_ids, *table.ids("failed")}) > allowed:
        snapshot = failed_rows([*session.folder.shard_files(), *table.files()])
        raise TooManyFailed(summary(session, snapshot))


def summary(session: Session, snapshot: Snapshot) -> str:
    """What a person reads when the run stops; see `failure_summary`."""
    rows = session.table.rows if session.table else 0
    words = pipeline_words(session.pipeline)
    folder, max_failed = session.folder.out, session.options.max_failed
    return failure_summary(snapshot, rows=rows, max_failed=max_failed, out=folder, words=words)


def execute(session: Session, finished: Finished) -> Snapshot:
    """Runs the rows that are not finished and returns the last counts.

    Raises:
        TooManyFailed: the ledger stopped the run; what was finished stays.
        ValueError: a worker found something a user can mend.
        StageCrashed: a worker's code broke.
    """
    from pipelines.engine.dataflow import start_ledger, write_shards
    from pipelines.engine.progress import watched

    table = session.table
    assert table is not None
    groups = session.pipeline.groups()
    before = list(dict.fromkeys([*finished.failed_ids, *table.ids("failed")]))
    allowed = max_failed_rows(session.options.max_failed, table.rows)
    with connected([pool_of(group) for group in groups], address=session.options.address):
        import ray

        ledger = start_ledger(groups, allowed, before)
        try:
            with watched(ledger, [group.name for group in groups], table.rows - finished.rows):
                write_shards(session.pipeline, session.folder, table, ledger)
        except ray.exceptions.RayError as error:
            crash = ray.get(ledger.snapshot.remote()).crash
            raise (plain_error(crash, session.crash_file) if crash else error) from None
        else:
            snapshot = settled(ledger, table.rows - finished.rows)
        finally:
            ray.kill(ledger)
    if snapshot.stopped:
        raise TooManyFailed(summary(session, snapshot))
    return snapshot


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


def pool_of(group: Group) -> Pool:
    """The most that a stage reserves."""
    stage = group.stage
    return Pool(group.name, stage.workers[1], stage.cpus, stage.gpus)


def fresh_folder(out: Path) -> Path:
    """`out` itself if it is new, else the first of `out-2`, `out-3`, … that is."""
    if not out.exists():
        return out
    numbers = iter(range(2, 1_000_000))
    return next(path for n in numbers if not (path := out.with_name(f"{out.name}-{n}")).exists())


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _stage_timings(session: Session, snapshot: Snapshot | None) -> list[dict[str, Any]]:
    if snapshot is None:
        return []
    return [
        {
            "name": group.name,
            "rows": snapshot.stages[group.name].rows,
            "busy_s": round(snapshot.stages[group.name].busy_s, 3),
            "workers": group.stage.workers[1],
            "gpus": group.stage.gpus,
        }
        for group in session.pipeline.groups()
    ]


def _manifest(session: Session, state: Mapping[str, Any], counts: Balance) -> Manifest:
    pipeline = session.pipeline
    words = pipeline_words(pipeline)
    for code, number in undeclared(counts.reasons, words).items():
        logger.warning(
            "%d rows have the reason %r, which nothing declares; name it in `reasons` of its class",
            number,
            code,
        )
    sessions = state["sessions"]
    root = pipeline.source.image_root()
    written = Manifest(
        path=pipeline.out,
        name=pipeline.name,
        created=timestamp(time.time()),
        command=sys.argv,
        config={**pipeline.config, "run": session.options.as_json(), "identity": state["identity"]},
        determinism=dict(pipeline.determinism),
        versions=package_versions(),
        git_commit=git_commit(),
        image_root=str(root) if root else None,
        rows=counts.rows,
        reasons=counts.reasons,
        words=words,
        shards=counts.shards,
        schema=schema_json(pipeline.output_schema()),
        timings={
            "started": sessions[0]["started"],
            "finished": timestamp(time.time()),
            "wall_s": round(time.time() - session.started, 3),
            "runs": len(sessions),
            "stages": _all_stages(sessions),
        },
    )
    return with_repeats(written)


def pipeline_words(pipeline: Pipeline) -> dict[str, dict[str, str]]:
    """The words of the codes that the pipeline's actors and source declare, by status."""
    return run_words((actor for group in pipeline.groups() for actor in group.actors), pipeline.source)


def _all_stages(sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stage timings summed over the sessions that ended by themselves."""
    total: dict[str, dict[str, Any]] = {}
    for stage in (stage for one in sessions for stage in one.get("stages", [])):
        entry = total.setdefault(stage["name"], {**stage, "rows": 0, "busy_s": 0.0})
        entry["rows"] += stage["rows"]
        entry["busy_s"] = round(entry["busy_s"] + stage["busy_s"], 3)
    return list(total.values())
