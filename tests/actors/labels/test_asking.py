"""What is sent to a model, what it chooses among, and the columns that come of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scripted_generator import ScriptedGenerator

from actors.base import BadRow
from actors.labels.asking import (
    CHECKLIST,
    CONTENT_FREE,
    LABEL_FIELDS,
    candidates,
    content_free_scores,
    label_fields,
    sent_task,
)
from actors.labels.modes import FreeText, log_odds
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt
from actors.prompts.task import Task

TASK = Task("films", "s", ("Drama", "Comedy", "War"), "{document} Which of {labels}?", multi_label=True)


def test_labels_stand_in_the_place_of_the_label() -> None:
    single = replace(TASK, multi_label=False)
    assert label_fields(single) == LABEL_FIELDS
    names = list(LABEL_FIELDS)
    names[names.index("label")] = "labels"
    assert list(label_fields(TASK)) == names
    assert label_fields(TASK)["labels"] == "list<item: string>"


def test_the_checklist_asks_for_a_yes_or_no_per_label() -> None:
    assert candidates(TASK, " ", "yes_no")[:3] == [" Drama: yes", " Drama: no", " Comedy: yes"]
    sent = sent_task(TASK, "rank", "yes_no").split_prompt()
    assert sent == ("", f" Which of Drama, Comedy or War?\n{CHECKLIST}")
    assert log_odds([-1.0, -3.0, -2.0, -1.5]) == [2.0, -0.5]


def test_labels_are_chosen_among_bare_where_one_is_given_or_the_list_is_scored() -> None:
    single = replace(TASK, multi_label=False)
    bare = [" Drama", " Comedy", " War"]
    assert candidates(single, " ", "yes_no") == candidates(TASK, " ", "likelihood") == bare
    assert sent_task(single, "rank", "yes_no") is single and sent_task(TASK, "regex", "yes_no") is TASK
    assert sent_task(TASK, "rank", "likelihood").prompt == TASK.list_prompt


def test_content_free_scores_are_means_over_the_documents_that_say_nothing() -> None:
    generator = ScriptedGenerator([Choice((-1.0 * n, -3.0), (1, 1), 4) for n in (1, 2, 6)])
    scores = content_free_scores(generator, lambda row_id, text: Prompt(row_id, text), ["a", "b"])
    assert scores == (-3.0, -3.0)
    assert [prompt.document for prompt in generator.prompts] == list(CONTENT_FREE)


def test_a_model_that_cannot_score_them_cannot_be_calibrated() -> None:
    generator = ScriptedGenerator([BadRow("context_full", "too long")] * 3)
    with pytest.raises(ValueError, match="context_full: too long; run without --calibrate"):
        content_free_scores(generator, lambda row_id, text: Prompt(row_id, text), ["a"])


def test_every_row_has_all_columns_and_says_how_it_came_about() -> None:
    answer = Generation("Drama", "length", 7, 2, -0.5, cut_tokens=3)
    task = replace(TASK, multi_label=False)
    [row] = FreeText(task, ScriptedGenerator([answer]), GenerationParams()).rows([Prompt("a", "x")])
    assert not isinstance(row, BadRow)
    assert list(row) == list(LABEL_FIELDS)
    numbers = ("prompt_tokens", "new_tokens", "cut_tokens", "logprob", "finish_reason", "raw_output")
    assert [row[name] for name in numbers] == [7, 2, 3, -0.5, "length", "Drama"]
    assert FreeText(task, ScriptedGenerator([]), GenerationParams()).rows([]) == []
