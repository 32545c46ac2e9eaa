"""`list` shows all that a flag can name."""

from __future__ import annotations

from actors.filters.catalog import RESPONSE_FILTERS
from actors.models.catalog.annotator_table import ANNOTATORS
from actors.prompts.task import task_names
from pipelines.model_sets import MODEL_SETS
from pipelines.recipes.listing import list_all
from pipelines.sources.catalog import SOURCES
from pipelines.verbs import VERBS


def test_every_source_task_annotator_model_set_filter_and_verb_is_listed(capsys):
    list_all()
    first_cells = {line.split("│")[0].strip() for line in capsys.readouterr().out.splitlines()}
    assert {*SOURCES, *task_names(), *ANNOTATORS, *MODEL_SETS} <= first_cells
    assert {verb.name for verb in VERBS} <= first_cells
    assert {reason for kind in RESPONSE_FILTERS for reason in kind.reasons} <= first_cells
