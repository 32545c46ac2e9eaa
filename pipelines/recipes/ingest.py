"""`ingest`: any source, or a finished run, as shards with a manifest; no model is involved."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import tyro

from actors.prompts.task import load_task
from pipelines.command_line.paths import absolute, absolute_paths
from pipelines.engine.identity import source_identity
from pipelines.engine.ingest import read_input, write_input
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.preflight import check_source
from pipelines.engine.resume import balance
from pipelines.engine.run import write_manifest
from pipelines.engine.run_folder import OR_FRESH, RunFolder, fresh_folder
from pipelines.manifest import MANIFEST, Manifest
from pipelines.recipes.flags import Flat
from pipelines.recipes.summary import print_summary
from pipelines.sources.catalog import SOURCES, SourceFlags, make_source
from pipelines.sources.dialogues.instruction_rows import InstructionRows, has_labels
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.source import Source
from pipelines.sources.tables.table_files import SUFFIXES

logger = logging.getLogger(__name__)


@absolute_paths
def ingest(
    source: Annotated[str, tyro.conf.Positional],
    /,
    *,
    out: Path,
    task: str | None = None,
    flags: Annotated[SourceFlags, Flat] = SourceFlags(),
    limit: int | None = None,
    fresh: bool = False,
) -> Manifest:
    """Writes the rows of a source, or of a finished run, as shards with a manifest.

    Args:
        source: A name from `list`, the folder of a finished run, or a file with instructions and responses.
        out: Folder for the result.
        task: The labelling task, for sets whose labels it explains.
        limit: Take the first N rows alone.
        fresh: Begin again in a new folder beside --out.
    """
    rows = open_source(source, flags, task)
    manifest = ingest_rows(rows, fresh_folder(out) if fresh else out, limit=limit)
    print_summary(manifest)
    return manifest


def open_source(name: str, flags: SourceFlags, task: str | None = None) -> Source:
    """The source of that name, run folder or file. The rows of a labelled set become instructions with
    terse responses.

    Raises:
        ValueError: there is no such source, or a flag means nothing to it.
    """
    path = absolute(Path(name))
    if (path / MANIFEST).is_file():
        _refuse_flags(name, flags)
        return ManifestRows(path)
    if name not in SOURCES and path.suffix.lower() in (*SUFFIXES, ".json"):
        name, flags = "pairs", replace(flags, data=path)
    kind = SOURCES.get(name)
    task_name = task or (kind.tasks[0] if kind and kind.tasks else None)
    source = make_source(load_task(task_name) if task_name else None, replace(flags, source=name))
    return InstructionRows(source) if has_labels(source) else source


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


def _refuse_flags(name: str, flags: SourceFlags) -> None:
    if flags != SourceFlags():
        raise ValueError(f"{name} is a finished run; source flags mean nothing to it, leave them out")
