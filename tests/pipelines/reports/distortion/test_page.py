"""The page on distortion runs, from manifests written in the test."""

from __future__ import annotations

from pathlib import Path

from distortion_rows import POLITE, row, write_run

from pipelines.reports.distortion.page import write_report


def test_the_page_shows_each_strategy_with_what_it_lost_and_escapes_every_text(tmp_path: Path) -> None:
    dropped = {"status": "dropped", "reason": "distortion_unfinished", "detail": "no end"}
    rows = [row(i, "llm", "large dog") for i in range(3)] + [row(3, "llm", None, **dropped)]
    rows += [row(4, "random", POLITE, distortion_detail="nothing")]
    rows += [row(5, None, None, status="dropped", reason="not_in_mix")]
    out = write_report([write_run(tmp_path / "run", rows)], tmp_path / "page.html")
    page = out.read_text()
    assert "Language model" in page and "Random augmentation" in page
    assert "Captions and boxes" not in page
    assert "1 unfinished" in page and "1 of them because the mix had enough" in page
    assert "&lt;b&gt;large&lt;/b&gt;" in page and "<b>large" not in page
    assert page.count("data:image/jpeg") == 4
    assert "75.0" in page  # three of four came through
    assert "Not measured" in page and "--realism-against" in page


def test_several_runs_stand_on_one_page_under_their_names(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / name, [row(0, "llm", "dog")]) for name in ("first", "second")]
    page = write_report(folders, tmp_path / "page.html").read_text()
    assert "first: Examples" in page and "second: Examples" in page
