"""Thresholds and what they cost."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from filter_run import TIMES
from page_words import words_of
from plot_geometry import outside, overprints, text_boxes

from pipelines.recipes.filter.again import filter_again
from pipelines.recipes.filter.settings import Limits
from pipelines.reports.filter.scores import judgements, scores_section


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
    again = filter_again(scored.path, tmp_path / "run", Limits(max_contradiction_lead=answers.limit))
    assert again.reasons["dropped"]["contradiction"] == len(answers.refused(answers.limit))


def test_a_threshold_takes_out_what_lies_beyond_it_and_a_score_on_it_stays(few):
    captions, _, answers = judgements(few)
    assert [len(captions.refused(limit)) for limit in (0.25, 0.26, 0.75, 1.0)] == [0, 1, 2, 3]
    assert [len(answers.refused(limit)) for limit in (-4.0, -3.0, 1.0)] == [2, 1, 0]


def test_the_section_says_what_the_limit_costs_and_what_a_stricter_one_would(few):
    text = words_of(scores_section(few))
    assert "3 captions judged. At 0.4 you lose 1 caption, at 0.45 1." in text
    assert "2 paragraphs judged. At 17 you lose 1 paragraph, at 18 1." in text
    assert "17 (now) 1 50.0%" in text and "What another --max-contradiction-lead would do" in text
    assert "paragraphs with a planted fault (1)" in text and "good paragraphs (1)" in text


def test_plots_have_axes_on_both_sides_and_no_text_over_another(few):
    plots = re.findall(r'<svg[^>]*class="plot".*?</svg>', scores_section(few))
    assert len(plots) == 6  # a histogram and a curve per score
    for plot in plots:
        root = ElementTree.fromstring(plot)
        boxes = text_boxes(root)
        assert overprints(boxes) == [] and outside(root) == []
        names = {box.text for box in boxes}
        assert "0%" in names and any(name.startswith("limit ") for name in names)


def test_without_scores_there_is_no_threshold_to_move(plain):
    assert "No score was taken" in scores_section(plain)


def test_the_command_that_moves_a_threshold_names_the_folder_and_a_new_one(run):
    words = words_of(scores_section(run))
    assert f"filter {run.manifest.path} --from-scores --" in words and "--out NEW_FOLDER" in words
