"""Stage and Pipeline: actors in order over Ray Data, every row accounted for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.apply import MARKS, returned_types
from actors.base import Actor, Annotator, Filter, Rewriter
from actors.columns import arrow_types
from pipelines.command_line.paths import absolute
from pipelines.schema import base_schema
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """Where an actor runs; the actor says what it does.

    `workers` is (smallest, largest) pool; `gpus` and `cpus` are per worker; `batch_size` is rows per
    transport batch (a model cuts its own batches inside). `concurrent_batches` above 1 is for actors
    that wait on others and are safe to call from several threads: one batch's stragglers then do not
    hold up the next. `batches_per_block` batches are one unit of work, of writing and of what a killed
    worker loses: many for quick actors, one for models. `python` is the interpreter of another
    environment for the workers.
    """

    actor: Actor
    workers: tuple[int, int] = (1, 1)
    gpus: float = 0.0
    cpus: float = 1.0
    batch_size: int = 256
    concurrent_batches: int = 1
    batches_per_block: int = 256
    python: str | None = None


@dataclass(frozen=True)
class Group:
    """One pool: a stage and the filters that run inside its workers."""

    stage: Stage
    filters: tuple[Filter, ...]
    name: str


@dataclass(frozen=True)
class Pipeline:
    """Actors in order over the rows of a source, written as shards under `out`.

    `config` is what the manifest should say about the run beyond the stages themselves.
    """

    name: str
    source: Source
    stages: Sequence[Stage | Filter]
    out: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    determinism: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("source", "stages", "out"):  # workers of a Ray that was there run in another folder
            object.__setattr__(self, name, absolute(getattr(self, name)))

    @cached_property
    def groups(self) -> list[Group]:
        """The stages, each with the filters behind it, under unique names; filters before the first stage
        make a pool of their own.

        Raises:
            ValueError: there is no stage.
        """
        groups: list[Group] = []
        names: list[str] = []
        for part in self.stages:
            if isinstance(part, Stage):
                base = type(part.actor).__name__
                names.append(base)
                count = names.count(base)
                groups.append(Group(part, (), base if count == 1 else f"{base}{count}"))
            elif groups:
                last = groups[-1]
                groups[-1] = Group(last.stage, (*last.filters, part), last.name)
            else:
                groups.append(Group(Stage(part, cpus=0.25), (), type(part).__name__))
                names.append(type(part).__name__)
        if not groups:
            raise ValueError(f"pipeline {self.name!r} has no stages; give at least one actor to run")
        return groups

    @property
    def actors(self) -> list[Actor]:
        """All actors in order, filters included."""
        return [part.actor if isinstance(part, Stage) else part for part in self.stages]

    def input_schema(self) -> pa.Schema:
        """Columns of the input: the base columns and the source's own."""
        return pa.schema([*base_schema(), *arrow_types(self.source.columns).items()])

    def output_schema(self) -> pa.Schema:
        """Columns of the shards: all but transient ones.

        Raises:
            ValueError: an actor reads a column that nothing before it provides, or writes one that is
                already there.
        """
        columns = {item.name: item.type for item in self.input_schema()}
        transient: set[str] = set()
        for actor in self.actors:
            _add_columns(actor, columns)
            if isinstance(actor, Annotator):
                transient.update(actor.transient)
        return pa.schema([(name, kind) for name, kind in columns.items() if name not in transient])


def _add_columns(actor: Actor, columns: dict[str, pa.DataType]) -> None:
    name = type(actor).__name__
    for column in actor.reads:
        if column not in columns:
            raise ValueError(
                f"{name} reads {column!r}, which no earlier stage writes; available: {sorted(columns)}"
            )
    if isinstance(actor, Filter):
        return
    if isinstance(actor, Rewriter):
        if actor.column not in columns:
            raise ValueError(
                f"{name} rewrites {actor.column!r}, which is not there; available: {sorted(columns)}"
            )
        if actor.keeps is not None:
            if actor.keeps in columns:
                raise ValueError(f"{name} keeps the old text in {actor.keeps!r}, which is already there")
            columns[actor.keeps] = columns[actor.column]
    added = arrow_types(actor.writes) if isinstance(actor, Rewriter) else returned_types(actor)
    for column, kind in added.items():
        if column in columns or column in MARKS:
            raise ValueError(
                f"{name} writes {column!r}, which is already there; rename it or drop one of the stages"
            )
        columns[column] = kind
