"""GRID.json: many trainings of MMBT on the same rows, which differ in labels and seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from actors.did_you_mean import did_you_mean
from trainers.mmbt.settings import POCKET, MmbtSettings, settings_from

KEYS = ("train", "dev", "test", "settings", "classes", "keep_models", "runs")
RUN_KEYS = ("name", "labels", "seed")
UNUSED = {  # settings that a grid does not follow, and why
    "seed": "give every run its own",
    "zero": "each training is one process without DeepSpeed; leave it out",
    "checkpoint_s": "its trainings write no checkpoints; leave it out",
}


@dataclass(frozen=True)
class GridRun:
    """One training; `labels` None trains on human labels."""

    name: str
    labels: Path | None
    seed: int

    @property
    def folder(self) -> Path:
        """Where its results lie, under the grid's folder."""
        return Path(self.name) / f"seed-{self.seed}"


@dataclass(frozen=True)
class Grid:
    """The contents of GRID.json."""

    train: tuple[Path, ...]
    dev: Path | None
    test: tuple[Path, ...]
    classes: tuple[str, ...]
    preset: str
    settings: MmbtSettings
    keep_models: bool
    runs: tuple[GridRun, ...]


def read_grid(file: Path, *, complete: bool = True) -> Grid:
    """The grid in `file`; relative paths in it are taken from its folder. One that is not `complete` may lack
    train, test and runs.

    Raises:
        ValueError: no file, no JSON, or something in it that cannot be, with its place.
    """
    if not file.is_file():
        raise ValueError(f"no grid {file}; expected a JSON file with train, test and runs")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{file} holds a {type(content).__name__}, expected an object with train, test and runs"
        )
    _refuse_other_keys(content, KEYS, str(file))
    flags = _value(content, "settings", dict, file, {})
    settings = settings_from(flags, f"{file}: settings")
    for name, instead in UNUSED.items():
        value, where = getattr(settings, name), f"{file}: settings: {name}"
        if value != getattr(POCKET, name):
            raise ValueError(f"{where} is {value!r}, which a grid does not follow: {instead}")
    classes = _value(content, "classes", list, file, [])
    dev = _value(content, "dev", str, file, None)
    return Grid(
        train=_paths(content, "train", file, complete),
        dev=None if dev is None else file.parent / dev,
        test=_paths(content, "test", file, complete),
        classes=tuple(map(str, classes)),
        preset=str(flags.get("preset") or "pocket"),
        settings=settings,
        keep_models=_value(content, "keep_models", bool, file, False),
        runs=_runs(content, file, complete),
    )


def _runs(content: Mapping[str, Any], file: Path, complete: bool) -> tuple[GridRun, ...]:
    entries = _value(content, "runs", list, file, [])
    if complete and not entries:
        raise ValueError(f"{file} has no runs; expected a list of objects with name, labels and seed")
    runs: dict[Path, GridRun] = {}
    for number, entry in enumerate(entries):
        run = _run(entry, file, f"{file}: runs[{number}]")
        if run.folder in runs:
            raise ValueError(f"{file}: runs[{number}] is {run.name!r} with seed {run.seed} again")
        runs[run.folder] = run
    return tuple(runs.values())


def _run(entry: Any, file: Path, where: str) -> GridRun:
    if not isinstance(entry, dict):
        raise ValueError(f"{where} is {entry!r}, expected an object with name, labels and seed")
    _refuse_other_keys(entry, RUN_KEYS, where)
    name, labels, seed = entry.get("name"), entry.get("labels"), entry.get("seed", 0)
    parts = PurePosixPath(name).parts if isinstance(name, str) else ()
    if not parts or ".." in parts or PurePosixPath(str(name)).is_absolute():
        raise ValueError(f"{where}: name is {name!r}, expected words that can be a folder's name")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"{where}: seed is {seed!r}, expected a whole number")
    if labels is not None and not isinstance(labels, str):
        raise ValueError(f"{where}: labels is {labels!r}, expected a Parquet file, or null for human labels")
    table = None if labels is None else file.parent / labels
    if table is not None and not table.is_file():
        raise ValueError(f"{where}: there is no label table {table}")
    return GridRun(str(name), table, seed)


def _paths(content: Mapping[str, Any], key: str, file: Path, complete: bool) -> tuple[Path, ...]:
    values = _value(content, key, list, file, [])
    if (complete and not values) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{file}: {key} is {values!r}, expected a list of folders")
    return tuple(file.parent / value for value in values)


def _value(content: Mapping[str, Any], key: str, kind: type, file: Path, default: Any) -> Any:
    value = content.get(key)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise ValueError(f"{file}: {key} is {value!r}, expected a {kind.__name__}")
    return value


def _refuse_other_keys(content: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in content:
        if key not in keys:
            raise ValueError(f"{where}: no key {key!r}{did_you_mean(key, keys)}; there are {', '.join(keys)}")
