"""From a run back to the runs whose rows it read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.manifest import MANIFEST, Manifest


def runs_behind(manifest: Manifest) -> list[Manifest]:
    """The runs that this one's rows went through, nearest first, as far as their folders are there."""
    runs: list[Manifest] = []
    waiting, visited = list(_folders(manifest)), {manifest.path.resolve()}
    while waiting:
        folder = waiting.pop(0).resolve()
        if folder in visited or not (folder / MANIFEST).is_file():
            continue
        visited.add(folder)
        runs.append(Manifest.read(folder))
        waiting += _folders(runs[-1])
    return runs


def _folders(manifest: Manifest) -> Iterator[Path]:
    config = manifest.config
    if "scored_by" in config:
        yield Path(config["scored_by"])
    else:
        yield from _runs_in(config.get("identity", {}).get("source", {}))


def _runs_in(value: Any) -> Iterator[Path]:
    """Every `run` named in a source's settings: a mix of sources names several."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if key == "run" and isinstance(inner, str):
            yield Path(inner)
        else:
            yield from _runs_in(inner)
