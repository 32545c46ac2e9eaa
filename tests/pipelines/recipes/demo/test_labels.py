"""What `make labels` labels, learns from and judges by."""

from __future__ import annotations

from itertools import islice

import pytest

from actors.prompts.task import load_task
from pipelines.recipes.demo.labels import LANGUAGES, demo_study
from pipelines.recipes.label_study.splits import StudyRows
from pipelines.sources.packaged.emoji import NAMES, PICTURES


@pytest.fixture(scope="module")
def rows() -> StudyRows:
    try:
        PICTURES.fetch()
        NAMES.fetch()
    except ValueError as error:
        pytest.skip(str(error))
    study = demo_study(9, 5, 18)
    return StudyRows(load_task(study.task), study.source, study.splits)


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
