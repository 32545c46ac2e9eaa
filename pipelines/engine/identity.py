"""What a run computes, as JSON: a folder is resumed only while this is unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pipelines.command_line.paths import same_places
from pipelines.engine.ingest import fingerprint
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.resume import differences
from pipelines.sources.source import Source


def run_identity(pipeline: Pipeline, limit: int | None) -> dict[str, Any]:
    """What must be unchanged for a folder to be resumed, as JSON."""
    stages = [
        {"actor": type(actor).__name__, "settings": actor.identity()}
        for group in pipeline.groups()
        for actor in group.actors
    ]
    return source_identity(pipeline.name, pipeline.source, limit, stages=stages)


def source_identity(name: str, source: Source, limit: int | None, **more: Any) -> dict[str, Any]:
    """What decides the rows that a run called `name` reads, and `more`, as JSON."""
    described = {item.name: getattr(source, item.name) for item in fields(source)}
    identity = {
        "name": name,
        **more,
        "source": {"class": type(source).__name__, **described},
        "files": fingerprint(source),
        "limit": limit,
    }
    plain: dict[str, Any] = json.loads(json.dumps(identity, default=plain_value))
    return plain


def plain_value(value: Any) -> Any:
    """Dataclasses, mappings and paths as JSON can hold them."""
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def refuse_changes(out: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raises ValueError when the folder's run was started with other settings, naming each."""
    changed = differences(same_places(old, new), new)
    if changed:
        lines = "\n  ".join(changed)
        raise ValueError(
            f"{out} was started with other settings (then → now):\n  {lines}\n"
            "give another --out, or add --fresh to begin again in a new folder beside it"
        )
