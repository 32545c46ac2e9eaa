"""What a run computes, as JSON: a folder is resumed only while this is unchanged."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pipelines.engine.ingest import fingerprint
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.run_folder import plain
from pipelines.sources.source import Source


def run_identity(pipeline: Pipeline, limit: int | None) -> dict[str, Any]:
    """What must be unchanged for a folder to be resumed, as JSON."""
    stages = [{"actor": type(actor).__name__, "settings": actor.identity()} for actor in pipeline.actors]
    return source_identity(pipeline.name, pipeline.source, limit, stages=stages)


def source_identity(name: str, source: Source, limit: int | None, **more: Any) -> dict[str, Any]:
    """What decides the rows that a run called `name` reads, and `more`, as JSON."""
    described = {item.name: getattr(source, item.name) for item in fields(source)}
    return plain(
        {
            "name": name,
            **more,
            "source": {"class": type(source).__name__, **described},
            "files": fingerprint(source),
            "limit": limit,
        }
    )
