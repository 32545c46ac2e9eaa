"""One label per row, in three ways, from what a model is made to say."""

from __future__ import annotations

import math

import pytest
from scripted_generator import ScriptedGenerator

from actors.base import BadRow
from actors.labels.asking import MODES, LabelRow
from actors.labels.modes import WAYS, Constrained, FreeText, Ranked
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, softmax
from actors.prompts.task import Task

TASK = Task("films", "s", ("drama", "comedy"), "{document}?", choices={"drama": "A", "comedy": "B"})
PROMPTS = [Prompt("a", "x"), Prompt("b", "y")]


def good(rows: list[LabelRow | BadRow]) -> list[LabelRow]:
    return [row for row in rows if not isinstance(row, BadRow)]


def test_modes_go_by_the_names_that_the_command_line_takes() -> None:
    assert tuple(WAYS) == MODES


def test_free_text_is_read_and_a_prompt_that_failed_harms_no_neighbour() -> None:
    bad = BadRow("context_full", "too long")
    generator = ScriptedGenerator([bad, Generation("A comedy, as they laugh a lot.", "stop", 4, 7, None)])
    rows = FreeText(TASK, generator, GenerationParams(seed=5)).rows(PROMPTS)
    assert rows[0] is bad
    [row] = good(rows)
    assert (row["label"], row["answer_kind"], row["label_mode"]) == ("comedy", "answered", "regex")
    assert generator.params == GenerationParams(seed=5)


def test_the_likeliest_choice_ranks_first_and_its_share_is_the_confidence() -> None:
    generator = ScriptedGenerator([Choice((-2.0, -1.0), (1, 1), 4), Choice((-1.0, -4.0), (1, 1), 4, 2)])
    first, second = good(Ranked(TASK, generator, GenerationParams(), [" A", " B"]).rows(PROMPTS))
    assert generator.choices == [" A", " B"]
    assert (first["label"], first["raw_output"], first["logprob"]) == ("comedy", "B", -1.0)
    assert first["confidence"] == pytest.approx(1 / (1 + math.exp(-1)))
    assert (second["label"], second["cut_tokens"], second["new_tokens"]) == ("drama", 2, 0)


def test_calibration_can_turn_the_order_round() -> None:
    generator = ScriptedGenerator([Choice((-2.0, -1.0), (1, 1), 4)])
    asking = Ranked(TASK, generator, GenerationParams(), [" A", " B"], free_scores=(-3.0, -0.5))
    [row] = good(asking.rows(PROMPTS[:1]))
    assert row["label"] == "drama" and row["label_scores"] == [1.0, -0.5] and row["logprob"] == -2.0


def test_calibration_is_taken_off_and_the_confidence_is_that_of_the_calibrated_scores() -> None:
    generator = ScriptedGenerator([Choice((-2.0, -1.0), (1, 1), 4)])
    asking = Ranked(TASK, generator, GenerationParams(), [" A", " B"], free_scores=(-0.5, -3.0))
    [row] = good(asking.rows(PROMPTS[:1]))
    assert row["label_scores"] == [-1.5, 2.0] and row["label"] == "comedy"
    assert row["confidence"] == pytest.approx(1 / (1 + math.exp(-3.5)))  # 0.73 without calibration
    assert row["logprob"] == -1.0  # the model's own, not the calibrated score


def test_a_constrained_answer_is_the_label_whose_choice_it_spells() -> None:
    generator = ScriptedGenerator(
        [Generation(" B", "stop", 4, 1, math.log(8.5e-6), share=0.25), Generation(" A", "stop", 4, 1, None)]
    )
    first, second = good(Constrained(TASK, generator, GenerationParams(), [" A", " B"]).rows(PROMPTS))
    assert (first["label"], first["confidence"]) == ("comedy", 0.25)
    assert first["logprob"] == math.log(8.5e-6)
    assert (second["label"], second["confidence"]) == ("drama", None)


def test_softmax_gives_shares_of_any_scores() -> None:
    assert softmax([-1000.0, -1000.0]) == [0.5, 0.5]
    assert softmax([0.0, math.log(3)]) == pytest.approx([0.25, 0.75])
