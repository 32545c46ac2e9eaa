"""`ingest`: any source, or a finished run, as shards with a manifest; no model is involved."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Annotated

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.engine.failures import TooManyFailed, failed_rows, failure_counts
from pipelines.engine.ingest import read_input, source_identity, write_input
from pipelines.engine.ledger import max_failed_rows
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.preflight import check_source
from pipelines.engine.resume import balance
from pipelines.engine.run import write_manifest
from pipelines.engine.run_folder import OR_FRESH, RunFolder, fresh_folder
from pipelines.manifest import MANIFEST, Manifest
from pipelines.recipes.summary import print_summary
from pipelines.sources.choice import SourceChoice
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)


@absolute_paths
def ingest(
    source: Annotated[SourceChoice, tyro.conf.Positional],
    /,
    *,
    out: Path,
    task: str | None = None,
    limit: int | None = None,
    max_failed: float = 0.01,
    fresh: bool = False,
) -> Manifest:
    """Writes the rows of a source, or of a finished run, as shards with a manifest.

    Args:
        source: A name from `list`, the folder of a finished run, or a file with instructions and responses.
            `--help` behind a name shows the flags of that source.
        out: Folder for the result.
        task: The labelling task, for sets whose labels it explains.
        limit: Take the first N rows alone.
        max_failed: Exit with 1 when more than this share of all rows failed (one may always fail); all are
            written either way.
        fresh: Begin again in a new folder beside --out.
    """
    manifest = ingest_rows(source.rows(task), fresh_folder(out) if fresh else out, limit=limit)
    print_summary(manifest)
    refuse_failed(manifest, max_failed)
    return manifest


def refuse_failed(manifest: Manifest, max_failed: float) -> None:
    """Raises TooManyFailed when more of the rows failed than is allowed."""
    rows = manifest.rows["in"]
    if manifest.rows["failed"] > max_failed_rows(max_failed, rows):
        snapshot = failed_rows(manifest.path / shard["path"] for shard in manifest.shards)
        counts = failure_counts(snapshot, rows=rows, max_failed=max_failed, words=manifest.words)
        way_on = "mend the data and ingest it with --fresh, or raise --max-failed to accept the failed rows"
        raise TooManyFailed("\n".join([*counts, f"all rows are in {manifest.path}; {way_on}"]))


def ingest_rows(source: Source, out: Path, *, limit: int | None = None) -> Manifest:
    """The manifest of the rows of `source` written under `out`; a finished one is returned as it is.

    Raises:
        ValueError: the source cannot be read, or `out` holds other rows.
    """
    folder, started = RunFolder(out), time.time()
    config = {"source": {"name": type(source).__name__}}
    pipeline = Pipeline("ingest", source, [], out, config, {"note": "a row depends on the source alone"})
    check_source(pipeline, limit)
    identity = source_identity("ingest", source, limit)
    folder.check(identity, bound=read_input(folder.shards) is not None, way_on=OR_FRESH)
    if not (out / MANIFEST).is_file():
        with folder.locked():
            folder.check(identity, bound=read_input(folder.shards) is not None, way_on=OR_FRESH)
            if not (out / MANIFEST).is_file():  # another start may have finished it since
                folder.begin(identity)
                table = write_input(source, folder.shards, pipeline.input_schema(), limit=limit)
                counts = balance(folder, table.ids(), table.rows)
                more = {"identity": identity, "unused": table.left_aside([])}
                return write_manifest(pipeline, folder, counts, config=more, started=started)
    logger.info("%s is finished already", out)
    return Manifest.read(out)
