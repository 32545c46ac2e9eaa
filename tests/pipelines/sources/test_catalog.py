"""Sources by name: what is chosen without a name, and flags that would be ignored."""

import subprocess
import sys
from pathlib import Path

import pytest

from actors.prompts.task import Task, load_task, task_names
from pipelines.sources.catalog import SOURCES, SourceFlags, make_source, parse_label_map, source_names
from pipelines.sources.packaged.movie_snippets import MovieSnippets
from pipelines.sources.packaged.sms_spam import SmsSpam
from pipelines.sources.papers.hateful_memes import HatefulMemes
from pipelines.sources.source_flags import StudySplits
from pipelines.sources.tables.field_map import FieldMap
from pipelines.sources.tables.image_folder import ImageFolder
from pipelines.sources.tables.table import TableSource

MINE = Task("mine", "s", ("a", "b"), "{document}?")


def test_every_shipped_task_has_a_set_of_its_own() -> None:
    assert {task for kind in SOURCES.values() for task in kind.tasks} == set(task_names())
    assert all("\n" not in SOURCES[name].summary for name in source_names())


def test_without_a_name_the_task_or_the_data_decide(tmp_path: Path) -> None:
    pictures, tables = tmp_path / "p", tmp_path / "t"
    pictures.mkdir()
    tables.mkdir()
    (tables / "x.csv").write_text("text\nx")
    assert isinstance(make_source(load_task("iad_1"), SourceFlags()), SmsSpam)
    assert isinstance(make_source(load_task("iad_2"), SourceFlags(balanced=True)), MovieSnippets)
    assert isinstance(make_source(load_task("hateful_memes"), SourceFlags(data=tmp_path)), HatefulMemes)
    assert isinstance(make_source(MINE, SourceFlags(data=pictures)), ImageFolder)
    assert isinstance(make_source(MINE, SourceFlags(data=tables)), TableSource)
    own = make_source(load_task("iad_1"), SourceFlags(data=tables / "x.csv", label_map=("1 = spam",)))
    assert isinstance(own, TableSource) and own.label_map == {"1": "spam"}


@pytest.mark.parametrize(
    ("task", "flags", "message"),
    [
        (MINE, SourceFlags(), "with --data"),
        (MINE, SourceFlags(source="tabel"), "did you mean 'table'"),
        (MINE, SourceFlags(data=Path("no.txt")), "no folder and no .jsonl"),
        (MINE, SourceFlags(source="table"), "--data is missing"),
        (
            load_task("xnli"),
            SourceFlags(fields=FieldMap(text="x")),
            r"--fields\.\* means nothing to source xnli",
        ),
        (load_task("mm_imdb_genres"), SourceFlags(source="emoji"), "source emoji one; .* mm_imdb, table"),
        (load_task("iad_1"), SourceFlags(languages=("fr",)), "--languages means nothing to source sms_spam"),
        (load_task("emoji_group"), SourceFlags(balanced=True), "--balanced means nothing to source emoji"),
    ],
)
def test_what_cannot_be_meant_is_refused(task: Task, flags: SourceFlags, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_source(task, flags)


def test_a_study_of_the_papers_sets_is_judged_on_the_rows_they_used() -> None:
    splits = {name: kind.splits for name, kind in SOURCES.items() if kind.splits is not None}
    assert splits["hateful_memes"] == StudySplits("train", "dev_unseen", "test_unseen")
    assert splits["mm_imdb"] == StudySplits("train", None, "dev", several=StudySplits("train", "dev", "test"))
    assert splits["emoji"] == StudySplits("train", "dev", "test")
    assert all("split" in SOURCES[name].takes for name in splits)


def test_a_label_map_is_value_equals_label() -> None:
    assert parse_label_map(("1=spam", "0=not spam")) == {"1": "spam", "0": "not spam"}
    for wrong in (("spam",), ("=spam",), ("1=",), ("1=a", "1=b")):
        with pytest.raises(ValueError, match="--label-map"):
            parse_label_map(wrong)


def test_names_and_summaries_load_no_heavy_library() -> None:
    code = (
        "import sys; from pipelines.sources.catalog import source_names; source_names(); "
        "print([name for name in ('torch', 'ray', 'transformers', 'h5py') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
