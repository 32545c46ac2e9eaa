from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from actors.prompts.task import load_task
from pipelines.sources.packaged.movie_snippets import ARCHIVE, INNER, MovieSnippets

LINES = (
    "1\t2.27\tSplendid.",
    "2\t-0.6\tToo tepid",
    "3\t0.1\tNo surprises.",
    "4\tgood\tHm",
    "5\t-1.0\t",
    "6\t-3\tAwful café",
)
MOVIES = "\r\n".join(LINES)
PRODUCTS = "1_1\t-0.9\tno picture\r\n"

MakeArchive = Callable[[str, Mapping[str, bytes | str]], Path]


@pytest.fixture
def sdist(make_tgz: MakeArchive) -> Path:
    folder = "hutto_ICWSM_2014"
    tables = {
        f"{folder}/movieReviewSnippets_GroundTruth.txt": MOVIES,
        f"{folder}/amazonReviewSnippets_GroundTruth.txt": PRODUCTS,
        f"{folder}/paper.pdf": "not wanted",
    }
    inner = make_tgz(INNER, tables).read_bytes()
    return make_tgz(
        "vader.tar.gz", {f"vaderSentiment-3.3.2/additional_resources/{INNER}": inner, "setup.py": ""}
    )


def rows_of(sdist: Path, **options: object) -> dict[str, dict]:
    rows = []
    for split in ("train", "test"):
        source = MovieSnippets(split=split, archive=sdist, cache=sdist.parent / "cache", **options)
        source.check()
        rows += list(source.rows())
    return {row["id"].rsplit("/", 1)[1]: row for row in rows}


def test_the_label_is_the_sign_of_the_mean_score(sdist: Path) -> None:
    rows = rows_of(sdist)
    assert {key: row["human_label"] for key, row in rows.items() if row["status"] == "live"} == {
        "1": "positive",
        "2": "negative",
        "3": None,
        "6": "negative",
    }
    assert rows["2"]["human_score"] == -0.6
    assert rows["6"]["text"] == "Awful café"


def test_the_neutral_band_is_a_setting_and_zero_is_never_a_sign(sdist: Path) -> None:
    assert rows_of(sdist, neutral_below=0.0)["3"]["human_label"] == "positive"
    assert rows_of(sdist, neutral_below=1.0)["2"]["human_label"] is None


@pytest.mark.parametrize("balanced", [False, True])
def test_broken_lines_fail_alone_with_their_reason(sdist: Path, balanced: bool) -> None:
    rows = rows_of(sdist, balanced=balanced)
    failed = {key: row["reason"] for key, row in rows.items() if row["status"] == "failed"}
    assert failed == {"4": "bad_label", "5": "empty_text"}


def test_product_reviews_are_a_set_of_their_own(sdist: Path) -> None:
    (row,) = rows_of(sdist, reviews="product").values()
    assert row["id"].startswith("product_snippets/") and row["dataset"] == "product_snippets"


@pytest.mark.parametrize(
    "options", [{"neutral_below": 5.0}, {"limit": 0}, {"split": "dev"}, {"reviews": "song"}]
)
def test_settings_that_cannot_work_are_refused(sdist: Path, options: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        MovieSnippets(archive=sdist, cache=sdist.parent / "cache", **options).check()


def test_the_real_set_is_as_documented(fetched: Callable[..., None]) -> None:
    fetched(ARCHIVE)
    rows = [row for split in ("train", "test") for row in MovieSnippets(split=split).rows()]
    assert {row["status"] for row in rows} == {"live"}
    assert Counter(row["human_label"] for row in rows) == {"positive": 4996, "negative": 5076, None: 533}
    assert {row["human_label"] for row in rows} - {None} == set(load_task("iad_2").labels)
    balanced = [row["human_label"] for row in MovieSnippets(balanced=True).rows()]
    assert Counter(balanced[:100]) == {"positive": 50, "negative": 50}
    assert set(balanced[-100:]) == {None}


def test_the_real_product_reviews_are_as_documented(fetched: Callable[..., None]) -> None:
    fetched(ARCHIVE)
    count = sum(len(list(MovieSnippets(split=s, reviews="product").rows())) for s in ("train", "test"))
    assert count == 3708
