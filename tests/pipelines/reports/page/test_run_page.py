from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from own_run import shout, write_own_run
from page_words import words_of

from pipelines.manifest import Manifest
from pipelines.markup import Markup
from pipelines.reports.any_run import AnyRun
from pipelines.reports.page.run_page import (
    closing_words,
    ids_by_reason,
    reason_table,
    save_page,
    sections_by_run,
    steps_table,
)  # fmt: skip


def manifest(folder: Path, **fields: object) -> Manifest:
    return Manifest.read(write_own_run(folder, [shout(1)], **fields))


def test_drops_come_before_failures_and_the_most_frequent_first(tmp_path: Path) -> None:
    rows = [shout(n, status="dropped", reason=reason) for n, reason in enumerate(["b", "a", "b"])]
    rows += [shout(9, status="failed", reason="missing_image")] * 3
    run = Manifest.read(write_own_run(tmp_path / "run", rows))
    assert words_of(reason_table(run)) == "2 b b 1 a a 3 the picture file is missing missing_image"
    assert words_of(reason_table(manifest(tmp_path / "whole"))) == "Every row got through."


def test_the_steps_are_in_the_order_that_rows_went_through_them(tmp_path: Path) -> None:
    first = manifest(tmp_path / "first", name="ingest")
    source = {"identity": {"source": {"parts": [{"run": str(first.path)}]}}}
    second = manifest(tmp_path / "second", config=source)
    text = words_of(steps_table(second))
    assert text.index("ingest first") < text.index("mine second")


def test_titles_name_their_run_only_where_there_are_several(tmp_path: Path) -> None:
    runs = [AnyRun(manifest(tmp_path / name)) for name in ("one", "two")]
    parts = [("rows", "Rows", lambda run: Markup("body"))]
    assert [section.title for section in sections_by_run(runs[:1], parts)] == ["Rows"]
    titles = {section.anchor: section.title for section in sections_by_run(runs, parts)}
    assert titles == {"rows-0": "Rows (one)", "rows-1": "Rows (two)"}


def test_the_closing_line_counts_the_runs_and_names_the_last(tmp_path: Path) -> None:
    runs = [manifest(tmp_path / day, timings={"finished": day}) for day in ("2026-01-01", "2026-02-02")]
    assert closing_words(runs) == "Made from 2 run manifests; the last run finished 2026-02-02."


def test_a_page_makes_its_folder(tmp_path: Path) -> None:
    assert save_page(Markup("ö"), tmp_path / "new" / "page.html", "it").read_bytes() == "ö".encode()


def test_ids_of_a_reason_are_few_sorted_and_spread() -> None:
    table = pa.table({"id": [f"{n:02}" for n in range(20, -1, -1)] + ["x"], "reason": ["r"] * 21 + [None]})
    assert ids_by_reason(table) == {"r": ["00", "10", "20"]}
