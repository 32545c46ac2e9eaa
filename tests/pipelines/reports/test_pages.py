"""Which page is on which run."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_run import shout, write_own_run
from page_words import words_of

from pipelines.__main__ import main
from pipelines.manifest import Manifest
from pipelines.reports.pages import PAGES, write_report


def test_a_run_of_no_verb_of_ours_has_the_page_on_any_run(tmp_path: Path) -> None:
    folder = write_own_run(tmp_path / "run", [shout(1)])
    assert main(["report", str(folder), "--out", str(tmp_path / "page.html")]) == 0
    assert "What mine did" in words_of((tmp_path / "page.html").read_text())


def test_runs_of_several_kinds_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [str(write_own_run(tmp_path / name, [shout(1)], name=name)) for name in ("mine", "yours")]
    assert main(["report", *runs, "--out", str(tmp_path / "page.html")]) == 2
    assert "several kinds, mine, yours; give those of one kind" in capsys.readouterr().err


def test_no_run_and_one_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        write_report([], tmp_path / "page.html")
    folder = write_own_run(tmp_path / "run", [shout(1)])
    with pytest.raises(ValueError, match="more than once"):
        write_report([folder, folder], tmp_path / "page.html")


@pytest.mark.parametrize(("config", "pages"), [({"filtering": {}}, 1), ({}, 0)])
def test_the_filters_page_is_on_rewriting_runs_that_filtered(
    tmp_path: Path, config: dict[str, object], pages: int
) -> None:
    folder = write_own_run(tmp_path / "run", [shout(1)], name="rewrite", config=config)
    assert sum(page.suits(Manifest.read(folder)) for page in PAGES) == pages


def test_every_verb_that_writes_rows_of_its_own_has_its_page() -> None:
    assert {page.pipeline for page in PAGES} == {"annotate", "classify", "distort", "filter", "rewrite"}
