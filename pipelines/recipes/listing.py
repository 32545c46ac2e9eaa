"""`list`: every source, task, annotator, model set and verb with one line."""

from __future__ import annotations

from actors.models.catalog.annotator_table import ANNOTATORS
from actors.prompts.task import load_task, task_names
from pipelines.model_sets import MODEL_SETS
from pipelines.sources.catalog import source_classes
from pipelines.terminal import print_table


def list_all() -> None:
    """Shows what there is to work with: sources, tasks, annotators, model sets, recipes."""
    from pipelines.__main__ import verbs

    sources = [(name, kind.summary) for name, kind in source_classes().items()]
    print_table("sources", ("--source", "what it reads"), sources)
    print_table(
        "tasks", ("--task", "what is asked"), [(name, load_task(name).summary) for name in task_names()]
    )
    annotators = [(model.name, model.summary) for model in ANNOTATORS.values()]
    print_table("annotators (or any hub id or folder)", ("--annotator", "what it is"), annotators)
    print_table(
        "model sets", ("--models", "what it is"), [(name, item.summary) for name, item in MODEL_SETS.items()]
    )
    recipes = [(name, (function.__doc__ or "").strip().splitlines()[0]) for name, function in verbs().items()]
    print_table("recipes", ("python -m pipelines", "what it does"), recipes)
