"""`ingest`: any source, or a finished run, as shards with a manifest; no model is involved."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Annotated

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.engine.ingest import read_input, source_identity, write_input
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
    fresh: bool = False,
) -> Manifest:
    """Writes the rows of a source, or of a finished run, as shards with a manifest.

    Args:
        source: A name from `list`, the folder of a finished run, or a file with instructions and responses.
            `--help` behind a name shows the flags of that source.
        out: Folder for the result.
        task: The labelling task, for sets whose labels it explains.
        limit: Take the first N rows alone.
        fresh: Begin again in a new folder beside --out.
    """
    manifest = ingest_rows(source.rows(task), fresh_folder(out) if fresh else out, limit=limit)
    print_summary(manifest)
    return manifest


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
                more = {"identity": identity}
                return write_manifest(pipeline, folder, counts, config=more, started=started)
    logger.info("%s is finished already", out)
    return Manifest.read(out)
