"""The page on a filtered run, from rows that tiny models scored."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
from filter_run import OPEN, TIMES, filtered_run
from page_words import words_of

from pipelines.__main__ import main
from pipelines.recipes.filter.again import filter_again
from pipelines.reports.filter.page import render, write_report
from pipelines.reports.filter.run import FilterRun


def test_the_verb_writes_a_whole_page_that_names_every_refusal(run, tmp_path):
    assert main(["report", str(run.manifest.path), "--out", str(tmp_path / "page.html")]) == 0
    html = (tmp_path / "page.html").read_text()
    text = words_of(html)
    for reason in ("too_short", "no_end", "repetition", "unchanged", "contradiction"):
        assert reason in html
    assert f"{9 * TIMES} rows came in" in text
    assert f"{TIMES} kept rows lost {TIMES} paragraphs" in text
    assert html.count("data:image") > 6


def test_data_cannot_break_the_page(tmp_path):
    manifest = filtered_run(tmp_path)
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    for shard in manifest.shards:
        file = manifest.path / shard["path"]
        table = pq.read_table(file)
        for column in ("dataset", "instruction", "response", "detail", "planted_fault"):
            place = table.schema.get_field_index(column)
            cells = pa.array([hostile] * table.num_rows, pa.string())
            table = table.set_column(place, table.schema.field(column), cells)
        pq.write_table(table, file)
    html = render([FilterRun(manifest)])
    assert "<script" not in html and "<img src=x" not in html
    assert "<script>alert(1)" in words_of(html)  # shown as text


def test_several_runs_share_a_page(run, scored, tmp_path):
    html = write_report([run.manifest.path, scored.path], tmp_path / "two.html").read_text()
    assert "(filtered)" in words_of(html) and html.count('id="rows-') == 2


def test_limits_that_cut_nothing_still_give_a_page(scored, tmp_path):
    words_of(render([FilterRun(filter_again(scored.path, tmp_path / "open", OPEN))]))
