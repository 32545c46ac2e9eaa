"""`ingest`: any source, or a finished run, as shards with a manifest; no model is involved."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.engine.identity import refuse_changes, source_identity
from pipelines.engine.ingest import read_input, write_input
from pipelines.engine.resume import RunFolder, balance, locked, read_state
from pipelines.engine.run import fresh_folder, timestamp
from pipelines.manifest import MANIFEST, Manifest, schema_json, write_json
from pipelines.reasons import run_words
from pipelines.recipes.summary import print_summary
from pipelines.schema import BASE_SCHEMA
from pipelines.sources.choice import SourceChoice
from pipelines.sources.source import Source
from pipelines.versions import git_commit, package_versions

logger = logging.getLogger(__name__)


@absolute_paths
def ingest(
    source: Annotated[SourceChoice, tyro.conf.Positional],
    /,
    *,
    out: Path,
    task: str | None = None,
    limit: int | None = None,
    fresh: bool = False,
) -> None:
    """Writes the rows of a source, or of a finished run, as shards with a manifest.

    Args:
        source: A name from `list`, the folder of a finished run, or a file with instructions and responses.
            `--help` behind a name shows the flags of that source.
        out: Folder for the result.
        task: The labelling task, for sets whose labels it explains.
        limit: Take the first N rows alone.
        fresh: Begin again in a new folder beside --out.
    """
    print_summary(ingest_rows(source.rows(task), fresh_folder(out) if fresh else out, limit=limit))


def ingest_rows(source: Source, out: Path, *, limit: int | None = None) -> Manifest:
    """The manifest of the rows of `source` written under `out`; a finished one is returned as it is.

    Raises:
        ValueError: the source cannot be read, or `out` holds other rows.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"--limit is {limit}, expected a number of rows from 1; leave it out for all rows")
    source.check()
    folder, started = RunFolder(out), time.time()
    identity = source_identity("ingest", source, limit)
    state = read_state(folder)
    if state is not None and read_input(folder.shards) is not None:
        refuse_changes(out, state["identity"], identity)
    if (out / MANIFEST).is_file():
        logger.info("%s is finished already", out)
        return Manifest.read(out)
    with locked(folder):
        state = read_state(folder)
        if state is not None and read_input(folder.shards) is not None:
            refuse_changes(out, state["identity"], identity)
        if (out / MANIFEST).is_file():
            return Manifest.read(out)
        write_json(folder.state, {"identity": identity, "sessions": []})
        schema = _schema(source)
        table = write_input(source, folder.shards, schema, limit=limit)
        counts = balance(folder, table.ids(), table.rows)
        root = source.image_root()
        manifest = Manifest(
            path=out,
            name="ingest",
            created=timestamp(time.time()),
            command=sys.argv,
            config={"source": {"name": type(source).__name__}, "identity": identity},
            determinism={"note": "a row depends on the source alone"},
            versions=package_versions(),
            git_commit=git_commit(),
            image_root=str(root.resolve()) if root else None,
            rows=counts.rows,
            reasons=counts.reasons,
            words=run_words((), source),
            shards=counts.shards,
            schema=schema_json(schema),
            timings=_timings(started),
        )
        manifest.write()
    return manifest


def _schema(source: Source) -> Any:
    import pyarrow as pa

    return pa.schema([*BASE_SCHEMA, *source.columns.items()])


def _timings(started: float) -> dict[str, Any]:
    finished = time.time()
    wall = round(finished - started, 3)
    return {
        "started": timestamp(started),
        "finished": timestamp(finished),
        "wall_s": wall,
        "runs": 1,
        "stages": [],
    }
