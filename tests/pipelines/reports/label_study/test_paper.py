"""The paper's Table 1 beside ours."""

from __future__ import annotations

from dataclasses import replace

from page_words import words_of
from study_figures import HUMAN, TASK, source, study

from actors.prompts.task import load_task
from pipelines.reports.label_study.page import render
from pipelines.reports.label_study.paper import paper_annotator, paper_table


def test_papers_figures_stand_beside_ours_and_another_model_is_named():
    task = load_task("hateful_memes")
    html = render(study(HUMAN, source("robot", "model", 0.6, difference=0.2), task=task))
    assert "hateful_memes: MMBT trained on LLM labels, instructblip-vicuna-7b" in html
    assert "(robot, another model)" in html
    assert "mm_imdb: MMBT trained on human labels" in html and "0.625" in html


def test_a_study_of_another_task_has_run_none_of_the_papers():
    text = words_of(paper_table(study(HUMAN, source("robot", "model", 0.6))))
    assert "not run" in text and "another model" not in text


def test_the_papers_own_annotator_is_not_called_another_model():
    task = load_task("hateful_memes")
    same = replace(source("vicuna", "model", 0.6), annotator=paper_annotator(task))
    assert "another model" not in paper_table(study(HUMAN, same, task=task))


def test_the_papers_annotator_is_that_of_the_task_or_of_another_on_the_same_set():
    assert paper_annotator(load_task("hateful_memes")) == "instructblip-vicuna-7b"
    assert paper_annotator(load_task("hateful_memes_ranking")) == "instructblip-vicuna-7b"
    assert paper_annotator(TASK) is None
