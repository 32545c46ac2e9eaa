"""The page on a filtered run, from rows that tiny models scored."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
from filter_run import OPEN, TIMES, filtered_run
from page_words import words_of

from pipelines.__main__ import main
from pipelines.recipes.filter.again import filter_again
from pipelines.reports.filter.page import (
    model_faults,
    render,
    rows_section,
    rule_faults,
    truth_section,
    write_report,
)
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


def test_every_outcome_and_every_reason_is_counted_by_data_set(few):
    text = words_of(rows_section(few))
    assert "7 rows came in: 3 kept, 3 dropped, 1 failed." in text
    assert "too_short fewer words than the limit 0 1 = 25.0%" in text
    assert "low_similarity it says something else than the raw annotation 1 = 33.3%" in text
    assert text.index("too_short") < text.index("low_similarity") < text.index("contradiction")


def test_paragraphs_that_were_taken_out_are_counted_in_kept_rows(few):
    assert "1 kept row lost 1 paragraph that did not fit the picture" in words_of(rows_section(few))


def test_failures_have_a_table_of_their_own(few):
    assert "missing_image 1 the picture file is missing" in words_of(rows_section(few))


def test_a_run_that_refused_nothing_says_so(plain):
    text = words_of(rows_section(plain))
    assert "No filter refused a row." in text and "Paragraphs were not scored." in text


def test_rules_find_every_planted_fault_of_form(run):
    for one in rule_faults(run):
        assert (one.found, one.right) == (one.planted, one.refused) == (TIMES, TIMES), one.kind


def test_models_are_held_against_random_dropping(run):
    found = {one.kind: one for one in model_faults(run)}
    assert set(found) == {"hallucinated_paragraph", "changed_answer"}
    paragraphs = found["hallucinated_paragraph"]
    assert (paragraphs.judged, paragraphs.planted, paragraphs.dropped) == (2 * TIMES, TIMES, TIMES)
    assert paragraphs.found in (0, TIMES)  # every copy of the row has the same scores
    assert paragraphs.beats_chance == (paragraphs.found == TIMES)


def test_faults_that_models_see_are_counted_over_what_they_judged(few):
    found = {one.kind: one for one in model_faults(few)}
    answers = found["changed_answer"]
    assert (answers.judged, answers.planted, answers.dropped, answers.found) == (2, 1, 1, 1)
    assert [(one.kind, one.planted, one.found) for one in rule_faults(few)] == [("too_short", 1, 1)]


def test_the_section_has_a_table_for_rules_and_one_for_models(few):
    text = words_of(truth_section(few))
    assert "too short 1 of 1 100.0%" in text and "changed answer 1 of 1 100.0%" in text
    assert "found at random" in text


def test_where_the_truth_is_unknown_the_section_says_how_to_see_it(plain):
    assert "--kind faults" in truth_section(plain)
