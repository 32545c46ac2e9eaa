"""The demo runs the parts that are asked for, and says of each run what it was worth."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest
from finished_run import write_finished

from actors.models.weights.packages import CACHE_ROOT, PackageArchive
from actors.prompts.task import load_task
from pipelines.manifest import Manifest
from pipelines.recipes.demo.verb import (
    LANGUAGES,
    MODES,
    DemoRun,
    DemoSet,
    demo,
    demo_study,
    prepare_demo_data,
    print_results,
)
from pipelines.recipes.label_study.splits import StudyRows
from pipelines.schema import base_schema, live_row
from pipelines.sources.packaged import easy_vqa, emoji, movie_snippets, sms_spam
from pipelines.sources.packaged.emoji import NAMES, PICTURES
from pipelines.sources.packaged.sms_spam import SmsSpam

PYPI = (easy_vqa.ARCHIVE, sms_spam.ARCHIVE, movie_snippets.ARCHIVE)
SCHEMA = pa.schema([*base_schema(), ("label", pa.string()), ("human_label", pa.string())])


def labelled(folder: Path, labels: list[tuple[str | None, str | None]]) -> Manifest:
    """A finished annotation run with these pairs of the model's label and the human one."""
    folder.mkdir()
    rows = [
        live_row(id=f"toy/{number}", dataset="toy", task="text", label=label, human_label=human)
        for number, (label, human) in enumerate(labels)
    ]
    write_finished(folder, pa.Table.from_pylist(rows, SCHEMA), name="annotate", pictures=folder)
    config = {"task": {"name": "iad_1"}, "mode": "rank"}
    return replace(Manifest.read(folder), config=config, timings={"wall_s": 27.0})


def test_right_is_counted_among_the_rows_with_both_labels(tmp_path, capsys):
    pairs = [("spam", "spam"), ("spam", "not spam"), ("spam", None), (None, "spam")]
    print_results([labelled(tmp_path / "some", pairs), labelled(tmp_path / "none", [("spam", None)])])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(" iad_1")]
    cells = [[cell.strip() for cell in line.split("│")] for line in lines]
    assert cells[0] == ["iad_1", "rank", "4", "100.0%", "0", "50.0% (1 of 2)", "27 s"]
    assert cells[1][-2] == "none to judge"


def test_every_mode_is_asked_with_few_tokens(tmp_path):
    runs = [DemoRun(DemoSet("iad_1", SmsSpam(limit=3)), mode, tmp_path / mode) for mode in MODES]
    for run in runs:
        labelling = run.labelling()
        assert labelling.ask.mode == run.mode and labelling.params.max_new_tokens == 40


def test_without_a_part_nothing_runs(tmp_path, capsys):
    demo(out=tmp_path / "demo", parts=())
    assert capsys.readouterr().out == "" and not (tmp_path / "demo").exists()


@pytest.fixture(scope="module")
def rows() -> StudyRows:
    try:
        PICTURES.fetch()
        NAMES.fetch()
    except ValueError as error:
        pytest.skip(str(error))
    task, source, splits = demo_study(9, 5, 18)
    return StudyRows(load_task(task), source, splits)


def test_every_picture_comes_in_every_language(rows: StudyRows) -> None:
    source, limit = rows.sources()["train"]
    assert limit == 9 * len(LANGUAGES)
    found = [row["id"].split("/")[1:] for row in islice(source.rows(), limit)]
    codes = {code for _, code in found}
    assert len(codes) == 9
    assert sorted(found) == sorted([language, code] for language in LANGUAGES for code in codes)


def test_what_is_learnt_from_and_judged_by_are_different_pictures(rows: StudyRows) -> None:
    pictures = {
        name: {row["images"][0] for row in islice(source.rows(), limit)}
        for name, (source, limit) in rows.sources().items()
    }
    assert {name: len(names) for name, names in pictures.items()} == {"train": 9, "dev": 5, "test": 18}
    for first, second in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert not pictures[first] & pictures[second]


@pytest.fixture
def cache_with(tmp_path: Path) -> Callable[..., Path]:
    """A cache that holds these archives and nothing else; the test is skipped when one cannot be had."""

    def fill(*archives: PackageArchive) -> Path:
        for archive in archives:
            try:
                folder = archive.fetch().parent
            except ValueError as error:
                pytest.skip(str(error))
            shutil.copytree(folder, tmp_path / "cache" / folder.relative_to(CACHE_ROOT))
        return tmp_path / "cache"

    return fill


@pytest.fixture
def no_registries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without npm, whose pip knows no index."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path / "empty"))
    monkeypatch.setitem(os.environ, "PIP_NO_INDEX", "1")
    monkeypatch.setitem(os.environ, "PIP_FIND_LINKS", str(tmp_path / "empty"))


def test_without_npm_questions_about_shapes_take_the_place_of_emojis(
    cache_with: Callable[..., Path], no_registries: None
) -> None:
    data = prepare_demo_data(cache=cache_with(*PYPI))
    assert [item.task for item in data.sets] == ["easy_vqa", "iad_1", "iad_2"]
    assert list(data.skipped) == ["emoji_group"] and "npm is not installed" in data.skipped["emoji_group"]


def test_without_any_registry_every_set_is_skipped_with_a_reason(tmp_path: Path, no_registries: None) -> None:
    data = prepare_demo_data(cache=tmp_path / "cache")
    assert data.sets == ()
    assert set(data.skipped) == {"emoji_group", "easy_vqa", "iad_1", "iad_2"}
    assert "check the network" in data.skipped["iad_1"]


def test_with_npm_the_rows_come_in_four_languages_and_fit_their_tasks(
    cache_with: Callable[..., Path],
) -> None:
    cache = cache_with(emoji.PICTURES, emoji.NAMES, sms_spam.ARCHIVE, movie_snippets.ARCHIVE)
    data = prepare_demo_data(text_rows=10, emojis=9, cache=cache)
    assert [item.task for item in data.sets] == ["emoji_group", "iad_1", "iad_2"]
    assert not data.skipped
    for item in data.sets:
        rows = list(item.source.rows())
        assert len(rows) == (36 if item.task == "emoji_group" else 10)
        assert {row["human_label"] for row in rows} == set(load_task(item.task).labels)
