"""Pipelines run actors over Ray Data: rows in = rows out.

The front door: what a script or a notebook needs comes from here, `from pipelines import annotate`, and loads
when it is named. No module of ours imports from here.
"""

# ruff: noqa: F401  what is imported here is for others

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import actors as actors  # installs the import hooks before anything imports torchvision

if TYPE_CHECKING:
    from actors.base import Actor, Annotator, BadRow, Filter, Rewriter
    from actors.labels.annotator import LabelAnnotator
    from actors.labels.answered_filter import AnsweredFilter
    from actors.pictures.image_reader import ImageReader
    from actors.prompts.task import Task, load_task
    from actors.rewriter import ResponseRewriter
    from pipelines.engine.pipeline import Pipeline, Stage
    from pipelines.engine.run import RunOptions, run_pipeline
    from pipelines.manifest import Manifest
    from pipelines.recipes.annotate import AskFlags, Labelling, annotate
    from pipelines.recipes.classify import classify
    from pipelines.recipes.distort import Distortion, distort
    from pipelines.recipes.export import export
    from pipelines.recipes.filter.verb import filter_responses
    from pipelines.recipes.flags import PoolFlags, RunFlags
    from pipelines.recipes.ingest import ingest
    from pipelines.recipes.label_study.verb import label_study
    from pipelines.recipes.report import report
    from pipelines.recipes.rewrite import Rewriting, rewrite
    from pipelines.sources.choice import SourceChoice, open_source
    from pipelines.sources.derived import JoinedRows
    from pipelines.sources.manifest_rows import ManifestRows
    from pipelines.sources.scenes.source import Scenes
    from pipelines.sources.source import Source
    from pipelines.sources.tables.image_folder import ImageFolder
    from pipelines.sources.tables.pairs import Pairs
    from pipelines.sources.tables.table import FieldMap, TableSource

# The same names once more, for `__getattr__` at run time; a test compares both lists.
MODULES = {
    "actors.base": ("Actor", "Annotator", "BadRow", "Filter", "Rewriter"),
    "actors.labels.annotator": ("LabelAnnotator",),
    "actors.labels.answered_filter": ("AnsweredFilter",),
    "actors.pictures.image_reader": ("ImageReader",),
    "actors.prompts.task": ("Task", "load_task"),
    "actors.rewriter": ("ResponseRewriter",),
    "pipelines.engine.pipeline": ("Pipeline", "Stage"),
    "pipelines.engine.run": ("RunOptions", "run_pipeline"),
    "pipelines.manifest": ("Manifest",),
    "pipelines.recipes.annotate": ("AskFlags", "Labelling", "annotate"),
    "pipelines.recipes.classify": ("classify",),
    "pipelines.recipes.distort": ("Distortion", "distort"),
    "pipelines.recipes.export": ("export",),
    "pipelines.recipes.filter.verb": ("filter_responses",),
    "pipelines.recipes.flags": ("PoolFlags", "RunFlags"),
    "pipelines.recipes.ingest": ("ingest",),
    "pipelines.recipes.label_study.verb": ("label_study",),
    "pipelines.recipes.report": ("report",),
    "pipelines.recipes.rewrite": ("Rewriting", "rewrite"),
    "pipelines.sources.choice": ("SourceChoice", "open_source"),
    "pipelines.sources.derived": ("JoinedRows",),
    "pipelines.sources.manifest_rows": ("ManifestRows",),
    "pipelines.sources.scenes.source": ("Scenes",),
    "pipelines.sources.source": ("Source",),
    "pipelines.sources.tables.image_folder": ("ImageFolder",),
    "pipelines.sources.tables.pairs": ("Pairs",),
    "pipelines.sources.tables.table": ("FieldMap", "TableSource"),
}
_MODULE_OF = {name: module for module, names in MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE_OF])
