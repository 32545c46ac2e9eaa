"""What the catalog says of every set, and a set that is added to it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from actors.prompts.task import task_names
from pipelines.__main__ import main
from pipelines.manifest import Manifest
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


HAIKU = '''
"""Haiku and the season that people hear in them: a line each, `season|words`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pipelines.schema import LABEL_COLUMNS, Row, live_row
from pipelines.sources.source import Flag, Source


@dataclass
class Haiku(Source):
    """One row per line."""

    path: Annotated[Path, Flag("a file with a haiku per line", name="data")]
    loud: Annotated[bool, Flag("Write the words in capitals.")] = False

    summary = "haiku and their season (--data)"
    columns = LABEL_COLUMNS
    labelled = True

    def files(self) -> list[Path]:
        return [self.path]

    def rows(self) -> Iterator[Row]:
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            season, _, text = line.partition("|")
            text = text.upper() if self.loud else text
            row = {"id": f"haiku/all/{number}", "dataset": "haiku", "task": "label"}
            yield live_row(**row, text=text, human_label=season)
'''
SEASONS = 'labels: [spring, autumn]\nprompt: "{document}\\nSpring or autumn?"\n'


@pytest.fixture
def haiku(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source of one's own: a file with its class, and a line in the catalog. Its data, and a task."""
    (tmp_path / "haiku_source.py").write_text(HAIKU)
    (tmp_path / "seasons.yaml").write_text(SEASONS)
    (tmp_path / "poems.txt").write_text("spring|frog jumps into pond\nautumn|crow on a bare branch\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(SOURCES, "haiku", "haiku_source.Haiku")
    return tmp_path


def test_a_new_source_is_listed_and_has_its_flags_in_the_help(
    haiku: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list"]) == 0
    assert "haiku and their season" in capsys.readouterr().out
    for words in (["annotate", "--source", "haiku", "--help"], ["ingest", "haiku", "--help"]):
        assert main(words) == 0
        shown = capsys.readouterr().out
        assert "A file with a haiku per line (required)" in shown and "--loud" in shown
    assert main(["annotate", "--help"]) == 0
    assert "--loud" not in capsys.readouterr().out
    assert main(["ingest", "scenes", "--loud", "--out", str(haiku / "out")]) == 2
    assert "--loud means nothing to source scenes" in capsys.readouterr().err


def test_a_new_source_is_ingested(haiku: Path) -> None:
    flags = ["--data", str(haiku / "poems.txt"), "--loud", "--task", str(haiku / "seasons.yaml")]
    assert main(["ingest", "haiku", *flags, "--out", str(haiku / "out")]) == 0
    rows = Manifest.read(haiku / "out").table().to_pylist()
    assert [(row["instruction"], row["response"]) for row in rows] == [
        ("FROG JUMPS INTO POND", "spring"),
        ("CROW ON A BARE BRANCH", "autumn"),
    ]


@pytest.mark.usefixtures("shared_ray")
def test_a_new_source_is_annotated(haiku: Path, tiny_llama: Path) -> None:
    flags = ["--source", "haiku", "--data", str(haiku / "poems.txt"), "--annotator", str(tiny_llama)]
    flags += ["--task", str(haiku / "seasons.yaml"), "--mode", "rank"]
    assert main(["annotate", *flags, "--out", str(haiku / "out")]) == 0
    rows = Manifest.read(haiku / "out").table().to_pylist()
    assert [row["human_label"] for row in rows] == ["spring", "autumn"]
    assert {row["label"] for row in rows} <= {"spring", "autumn"}
