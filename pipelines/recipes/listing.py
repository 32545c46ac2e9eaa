"""`list`: every source, task, annotator, model set, filter and verb with one line."""

from __future__ import annotations

from actors.filters.catalog import RESPONSE_FILTERS
from actors.models.catalog.annotator_table import ANNOTATORS
from actors.prompts.task import load_task, task_names
from pipelines.model_sets import MODEL_SETS
from pipelines.sources.catalog import source_classes
from pipelines.terminal import print_table
from pipelines.verbs import VERBS


def list_all() -> None:
    """Shows what there is to work with: sources, tasks, annotators, model sets, filters, recipes."""
    sources = [(name, kind.summary) for name, kind in source_classes().items()]
    print_table("sources", ("--source", "what it reads"), sources)
    tasks = [(name, load_task(name).summary) for name in task_names()]
    print_table("tasks", ("--task", "what is asked"), tasks)
    annotators = [(model.name, model.summary) for model in ANNOTATORS.values()]
    print_table("annotators (or any hub id or folder)", ("--annotator", "what it is"), annotators)
    model_sets = [(name, item.summary) for name, item in MODEL_SETS.items()]
    print_table("model sets", ("--models", "what it is"), model_sets)
    reasons = [reason for kind in RESPONSE_FILTERS for reason in kind.reasons.items()]
    print_table("filters of rewritten responses", ("reason", "what it drops"), reasons)
    recipes = [(verb.name, verb.summary) for verb in VERBS]
    print_table("recipes", ("python -m pipelines", "what it does"), recipes)
