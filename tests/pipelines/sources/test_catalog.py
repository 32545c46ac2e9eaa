"""What the catalog says of every set, and a set that is added to it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from actors.prompts.task import task_names
from pipelines.sources.catalog import SOURCES, source_class, source_classes
from pipelines.sources.flags import flags_of
from pipelines.sources.source import StudySplits

DATA_MD = Path(__file__).parents[3] / "docs" / "DATA.md"


def test_every_shipped_task_has_a_set_of_its_own() -> None:
    assert {task for kind in source_classes().values() for task in kind.tasks} == set(task_names())


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_says_in_a_line_what_it_is_and_whether_it_has_labels(name: str) -> None:
    kind = source_class(name)
    assert kind.summary and "\n" not in kind.summary
    needs_task = "task" in {item.name for item in fields(kind)}
    assert kind.labelled == (needs_task or bool(kind.tasks))


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_is_in_the_list_of_sets(name: str) -> None:
    assert f"`{name}`" in DATA_MD.read_text()


def test_a_study_of_the_papers_sets_is_judged_on_the_rows_they_used() -> None:
    splits = {name: kind.splits for name, kind in source_classes().items() if kind.splits is not None}
    assert splits["hateful_memes"] == StudySplits("train", "dev_unseen", "test_unseen")
    assert splits["mm_imdb"] == StudySplits("train", None, "dev", several=StudySplits("train", "dev", "test"))
    assert splits["emoji"] == StudySplits("train", "dev", "test")
    assert all("split" in flags_of(source_class(name)) for name in splits)


def test_the_catalog_loads_no_heavy_library() -> None:
    code = (
        "import sys; from pipelines.sources.catalog import source_classes; source_classes(); "
        "print([name for name in ('torch', 'ray', 'transformers', 'h5py') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
