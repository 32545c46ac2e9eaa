"""Sources by name: what is chosen without a name, and flags that would be ignored."""

from pathlib import Path
from typing import Any

import pytest

from actors.prompts.task import Task, load_task
from pipelines.manifest import MANIFEST
from pipelines.sources.choice import SourceChoice, open_source
from pipelines.sources.derived import InstructionRows
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.packaged.emoji import Emoji
from pipelines.sources.packaged.movie_snippets import MovieSnippets
from pipelines.sources.packaged.sms_spam import SmsSpam
from pipelines.sources.papers.hateful_memes import HatefulMemes
from pipelines.sources.tables.image_folder import ImageFolder
from pipelines.sources.tables.pairs import Pairs
from pipelines.sources.tables.table import FieldMap, TableSource

MINE = Task("mine", "s", ("a", "b"), "{document}?")
CHOICE = SourceChoice.of


def test_without_a_name_the_task_or_the_data_decide(tmp_path: Path) -> None:
    pictures, tables = tmp_path / "p", tmp_path / "t"
    pictures.mkdir()
    tables.mkdir()
    (tables / "x.csv").write_text("text\nx")
    assert isinstance(CHOICE().documents(load_task("iad_1")), SmsSpam)
    assert isinstance(CHOICE(balanced=True).documents(load_task("iad_2")), MovieSnippets)
    assert isinstance(CHOICE(data=tmp_path).documents(load_task("hateful_memes")), HatefulMemes)
    assert isinstance(CHOICE(data=pictures).documents(MINE), ImageFolder)
    assert isinstance(CHOICE(data=tables).documents(MINE), TableSource)
    own = CHOICE(data=tables / "x.csv", label_map=("1 = spam",)).documents(load_task("iad_1"))
    assert isinstance(own, TableSource) and own.label_map == {"1": "spam"}
    assert isinstance(CHOICE(data=tmp_path / "x.json").documents(MINE), TableSource)
    (pictures / "info.json").write_text("{}")  # beside pictures it is no table
    assert isinstance(CHOICE(data=pictures).documents(MINE), ImageFolder)


@pytest.mark.parametrize(
    ("task", "choice", "message"),
    [
        (MINE, CHOICE(), "with --data"),
        (MINE, CHOICE("tabel"), "did you mean 'table'"),
        (MINE, CHOICE(data=Path("no.txt")), "no folder and no .jsonl"),
        (MINE, CHOICE("table"), "--data is missing; give a JSONL, CSV, TSV or Parquet file"),
        (load_task("xnli"), CHOICE(fields=FieldMap(text="x")), "--fields means nothing to source xnli"),
        (load_task("mm_imdb_genres"), CHOICE("emoji"), "source emoji one; .* mm_imdb, table"),
        (load_task("iad_1"), CHOICE(languages=("fr",)), "--languages means nothing to source sms_spam"),
        (
            load_task("emoji_group"),
            CHOICE(balanced=True),
            "--balanced means nothing to source emoji; it takes --languages, --sample, --split",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(task: Task, choice: SourceChoice, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choice.documents(task)


def test_a_name_a_file_and_a_runs_folder_are_all_rows(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{}")
    assert open_source("emoji", split="train", sample=150) == InstructionRows(Emoji(split="train", limit=150))
    assert open_source("rows.jsonl", image_root=tmp_path) == Pairs(Path.cwd() / "rows.jsonl", tmp_path)
    assert open_source(str(tmp_path)) == ManifestRows(tmp_path)


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        ("table", {"data": Path("x.csv")}, "say which with --task"),
        ("emojy", {}, "source 'emojy' is not known.*did you mean 'emoji'"),
        ("pairs", {"split": "test"}, "--split means nothing to source pairs; it takes --data, --image-root"),
    ],
)
def test_rows_that_cannot_be_had_are_refused(name: str, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_source(name, **flags)


def test_a_finished_run_takes_no_flags(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(ValueError, match="is a finished run; source flags mean nothing to it"):
        open_source(str(tmp_path), sample=3)


def test_a_changed_choice_keeps_its_other_flags() -> None:
    chosen = CHOICE("sms_spam", sample=5, split="train").changed(split="test")
    assert chosen.documents(load_task("iad_1")) == SmsSpam(split="test", limit=5)
