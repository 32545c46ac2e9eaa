"""Filters against planted faults."""

from __future__ import annotations

from filter_run import TIMES
from page_words import words_of

from pipelines.reports.filter.truth import model_faults, rule_faults, truth_section


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
