"""Running a pipeline: preflight, resume, execute over Ray Data, balance, manifest."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from actors.rewriter import REPEATED
from cluster.capacity import Pool
from cluster.connect import connected
from pipelines.engine.failures import (
    TooManyFailed,
    failed_rows,
    failure_summary,
    plain_error,
    with_earlier,
)
from pipelines.engine.ingest import InputTable, read_input, source_identity, unused_words, write_input
from pipelines.engine.ledger import Snapshot, last_snapshot, max_failed_rows
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.preflight import check_pipeline, check_source
from pipelines.engine.resume import Balance, Finished, balance, has_rows, reconcile
from pipelines.engine.run_folder import OR_FRESH, RunFolder, fresh_folder, timestamp
from pipelines.manifest import MANIFEST, Manifest, schema_json

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
        """The fields of this class for a manifest, without those that a verb's flags add."""
        return {item.name: getattr(self, item.name) for item in fields(RunOptions)}


@dataclass
class Session:
    """One start of a run: its folder, the rows it reads, when it began."""

    pipeline: Pipeline
    options: RunOptions
    folder: RunFolder
    table: InputTable
    started: float
    crash_file: Path | None = None


def run_pipeline(pipeline: Pipeline, options: RunOptions = RunOptions()) -> Manifest:
    """Runs to the end, or goes on where an earlier run of the same pipeline stopped; the finished manifest.

    Raises:
        ValueError: something a user can mend before any model loads.
        TooManyFailed: more rows failed than `max_failed` allows.
        Unbalanced: the counts do not balance.
    """
    started = time.time()
    out = fresh_folder(pipeline.out) if options.fresh else pipeline.out
    pipeline = replace(pipeline, out=out)
    folder = RunFolder(out)
    check_source(pipeline, options.limit)
    identity = run_identity(pipeline, options.limit)
    folder.check(identity, bound=has_rows(folder), way_on=OR_FRESH)
    if (out / MANIFEST).exists() and not options.retry_failed:
        manifest = Manifest.read(out)
        logger.info("%s is finished already: %s", out, manifest.rows)
        return manifest
    check_pipeline(pipeline)
    with folder.locked():
        folder.check(identity, bound=has_rows(folder), way_on=OR_FRESH)  # another start may have written rows
        folder.begin(identity)
        (out / MANIFEST).unlink(missing_ok=True)
        (out / CRASH).unlink(missing_ok=True)
        table = read_input(folder.input) or write_input(
            pipeline.source, folder.input, pipeline.input_schema(), limit=options.limit
        )
        return _run_locked(Session(pipeline, options, folder, table, started, out / CRASH), identity)


def run_identity(pipeline: Pipeline, limit: int | None) -> dict[str, Any]:
    """Facts that must be unchanged for a folder to be resumed, as JSON."""
    stages = [{"actor": type(actor).__name__, "settings": actor.identity()} for actor in pipeline.actors]
    return source_identity(pipeline.name, pipeline.source, limit, stages=stages)


def _run_locked(session: Session, identity: Mapping[str, Any]) -> Manifest:
    folder, table = session.folder, session.table
    unused = table.left_aside(session.pipeline.actors)
    if unused:
        logger.warning("present and not used: %s", unused_words(unused))
    finished = reconcile(folder, retry_failed=session.options.retry_failed)
    if finished.rows:
        logger.info("going on: %d of %d rows are finished", finished.rows, table.rows)
    refuse_failed(session, finished)
    snapshot = None
    if finished.rows < table.rows:
        snapshot = execute(session, finished)
        leftovers = reconcile(folder)
        refuse_failed(session, leftovers)
        if leftovers.duplicates or leftovers.torn:
            logger.warning(
                "removed %d doubled rows, %d torn shards", leftovers.duplicates, len(leftovers.torn)
            )
    return write_manifest(
        session.pipeline,
        folder,
        balance(folder, table.ids(), table.rows),
        config={"run": session.options.as_json(), "identity": identity, "unused": unused},
        started=session.started,
        stages=_stage_timings(session, snapshot),
    )


def refuse_failed(session: Session, finished: Finished) -> None:
    """Raises TooManyFailed when more rows than allowed failed already, in the source or in the shards."""
    table = session.table
    allowed = max_failed_rows(session.options.max_failed, table.rows)
    if len({*finished.failed_ids, *table.ids("failed")}) > allowed:
        snapshot = failed_rows([*session.folder.shard_files(), *table.files()])
        raise TooManyFailed(summary(session, snapshot))


def summary(session: Session, snapshot: Snapshot) -> str:
    """The message of a run that stops early; see `failure_summary`."""
    from pipelines.reasons import run_words  # of all sources and models: nothing that a flag needs

    words = run_words(session.pipeline.actors, session.pipeline.source)
    folder, max_failed = session.folder.out, session.options.max_failed
    return failure_summary(snapshot, rows=session.table.rows, max_failed=max_failed, out=folder, words=words)


def execute(session: Session, finished: Finished) -> Snapshot:
    """Runs the rows that are not finished and returns the last counts.

    Raises:
        TooManyFailed: the ledger stopped the run; what was finished stays.
        ValueError: a worker found something a user can mend.
        StageCrashed: a worker's code broke.
    """
    from pipelines.engine.dataflow import start_ledger, write_shards
    from pipelines.engine.progress import show_progress

    table, groups = session.table, session.pipeline.groups
    before = list(dict.fromkeys([*finished.failed_ids, *table.ids("failed")]))
    files = [*session.folder.shard_files(), *table.files()]  # those in which they stand
    allowed = max_failed_rows(session.options.max_failed, table.rows)
    pools = [Pool(group.name, group.stage.workers[1], group.stage.cpus, group.stage.gpus) for group in groups]
    with connected(pools, address=session.options.address):
        import ray

        ledger = start_ledger(groups, allowed, before)
        try:
            with show_progress(ledger, [group.name for group in groups], table.rows - finished.rows):
                write_shards(session.pipeline, session.folder, table, ledger)
        except ray.exceptions.RayError as error:
            crash = ray.get(ledger.snapshot.remote()).crash
            raise (plain_error(crash, session.crash_file) if crash else error) from None
        else:
            snapshot = last_snapshot(ledger, table.rows - finished.rows)
        finally:
            ray.kill(ledger)
    if snapshot.stopped:
        raise TooManyFailed(summary(session, with_earlier(snapshot, failed_rows(files))))
    return snapshot


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
        for group in session.pipeline.groups
    ]


def write_manifest(
    pipeline: Pipeline,
    folder: RunFolder,
    counts: Balance,
    *,
    config: Mapping[str, Any],
    started: float,
    stages: Sequence[Mapping[str, Any]] = (),
) -> Manifest:
    """The manifest of a folder whose rows are all written, by a start of the Unix time `started` that spent
    its time in `stages`; `config` comes on top of the pipeline's own."""
    from pipelines.reasons import run_words, undeclared
    from pipelines.versions import git_commit, package_versions

    words = run_words(pipeline.actors, pipeline.source)
    for code, number in undeclared(counts.reasons, words).items():
        logger.warning(
            "%d rows have the reason %r, which nothing declares; name it in `reasons` of its class",
            number,
            code,
        )
    sessions = folder.finish(stages=list(stages))
    root = pipeline.source.image_root()
    manifest = Manifest(
        path=folder.out,
        name=pipeline.name,
        created=timestamp(),
        command=sys.argv,
        config={**pipeline.config, **config},
        determinism=dict(pipeline.determinism),
        versions=package_versions(),
        git_commit=git_commit(),
        image_root=str(root.absolute()) if root else None,
        rows=counts.rows,
        reasons=counts.reasons,
        words=words,
        shards=counts.shards,
        schema=schema_json(pipeline.output_schema()),
        timings={
            "started": sessions[0]["started"],
            "finished": timestamp(),
            "wall_s": round(time.time() - started, 3),
            "runs": len(sessions),
            "stages": _all_stages(sessions),
        },
    )
    manifest = _with_repeats(manifest)
    manifest.write()
    return manifest


def _with_repeats(manifest: Manifest) -> Manifest:
    """`manifest` with `rows_repeated` and `rows_changed` in its determinism, where rows were repeated."""
    if REPEATED not in manifest.arrow_schema().names:
        return manifest
    column = manifest.table([REPEATED])[REPEATED]
    changed = int(pc.sum(column.cast("int64")).as_py() or 0)
    counts = {"rows_repeated": len(column) - column.null_count, "rows_changed": changed}
    return replace(manifest, determinism={**manifest.determinism, **counts})


def _all_stages(sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stage timings summed over the sessions that ended by themselves."""
    total: dict[str, dict[str, Any]] = {}
    for stage in (stage for one in sessions for stage in one.get("stages", [])):
        entry = total.setdefault(stage["name"], {**stage, "rows": 0, "busy_s": 0.0})
        entry["rows"] += stage["rows"]
        entry["busy_s"] = round(entry["busy_s"] + stage["busy_s"], 3)
    return list(total.values())
