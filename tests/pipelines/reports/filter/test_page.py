"""The page on a filtered run, from rows that tiny models scored."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filter_run import OPEN, Rewritten, filtered_run
from page_words import words_of

from pipelines.__main__ import main
from pipelines.manifest import Manifest
from pipelines.recipes.filter.again import filter_again
from pipelines.recipes.filter.settings import LimitFlags
from pipelines.reports.filter.page import render, write_report
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.filter.scores import judgements
from pipelines.reports.filter.truth import model_faults, rule_faults

TIMES = 30


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> Manifest:
    return filtered_run(tmp_path_factory.mktemp("page"), times=TIMES)


@pytest.fixture(scope="module")
def run(scored, tmp_path_factory) -> FilterRun:
    """The two-paragraph rows are repaired, and the contradicting half of the answers is dropped."""
    rows = scored.table().to_pylist()
    limit = max(next(row["paragraph_clip_scores"] for row in rows if "two" in row["id"]))
    leads = sorted(item.score for item in FilterRun(scored).leads())
    limits = LimitFlags(min_clip_score=limit, max_contradiction_lead=(leads[0] + leads[-1]) / 2)
    return FilterRun(filter_again(scored.path, tmp_path_factory.mktemp("again") / "run", limits))


def test_the_verb_writes_a_whole_page_that_names_every_refusal(run, tmp_path):
    assert main(["report", str(run.manifest.path), "--out", str(tmp_path / "page.html")]) == 0
    html = (tmp_path / "page.html").read_text()
    text = words_of(html)
    for reason in ("too_short", "no_end", "repetition", "unchanged", "contradiction"):
        assert reason in html
    assert f"{9 * TIMES} rows came in" in text
    assert f"{TIMES} kept rows lost {TIMES} paragraphs" in text
    assert html.count("data:image") > 6


def test_the_sweep_counts_what_each_threshold_takes_out(run):
    found = {judgement.noun: judgement for judgement in judgements(run)}
    assert list(found) == ["caption", "paragraph", "answer"]
    paragraphs = found["paragraph"]
    assert len(paragraphs.items) == 2 * TIMES
    assert len(paragraphs.refused(paragraphs.limit)) == TIMES  # the lower of each pair; the limit stays
    assert len(paragraphs.refused(101.0)) == 2 * TIMES
    assert len(paragraphs.refused(-101.0)) == 0
    answers = found["answer"]
    assert len(answers.items) == 2 * TIMES  # those that the rules let through
    assert 0 < len(answers.refused(answers.limit)) < len(answers.items)


def test_what_a_sweep_foretells_a_new_run_does(run, scored, tmp_path):
    [answers] = [judgement for judgement in judgements(run) if judgement.noun == "answer"]
    again = filter_again(scored.path, tmp_path / "run", LimitFlags(max_contradiction_lead=answers.limit))
    assert again.reasons["dropped"]["contradiction"] == len(answers.refused(answers.limit))


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


def test_a_run_that_was_not_filtered_is_refused_with_the_next_step(tmp_path):
    from pipelines.recipes.ingest import ingest_rows

    plain = ingest_rows(Rewritten(tmp_path / "pictures"), tmp_path / "plain")
    with pytest.raises(ValueError, match="was not filtered; run `filter`"):
        FilterRun.read(plain.path)


def test_limits_that_cut_nothing_still_give_a_page(scored, tmp_path):
    words_of(render([FilterRun(filter_again(scored.path, tmp_path / "open", OPEN))]))
