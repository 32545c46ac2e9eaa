"""Conversations become a row per answer; long and unfit ones are dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dialogue_sets import rows_by_id, turns_of, write_json

from actors.base import BadRow
from pipelines.sources.dialogues.chatgpt import ShareGpt
from pipelines.sources.dialogues.turns import ASSISTANT, HUMAN, Dialogue, Turn, dialogue_rows, read_turns


def test_long_dialogues_are_dropped_from_the_answer_on_that_is_too_long(tmp_path: Path) -> None:
    turns = turns_of("Hi", "Hello.", "More", "x" * 100)
    rows = rows_by_id(ShareGpt(write_json(tmp_path, [{"conversations": turns}]), max_chars=100))
    assert rows["1-1"]["status"] == "live"
    assert (rows["1-2"]["status"], rows["1-2"]["reason"]) == ("dropped", "dialogue_too_long")
    assert rows["1-2"]["threshold"] == 100


def test_text_only_answers_about_pictures_or_language_models_are_dropped(tmp_path: Path) -> None:
    turns = turns_of("Hi", "As an AI, I am.", "And?", "The image shows a dog.", "So?", "I imagine it.")
    rows = rows_by_id(ShareGpt(write_json(tmp_path, [{"conversations": turns}])))
    assert [row["reason"] for row in rows.values()] == ["unfit_reply", "unfit_reply", None]


@pytest.mark.parametrize(
    "answer",
    ["图片中有一只狗。", "На фотографии собака.", "في الصورة كلب.", "รูปภาพนี้มีสุนัข", "Tut mir leid, nein."],
)
def test_unfit_answers_are_known_in_other_languages(answer: str, tmp_path: Path) -> None:
    rows = rows_by_id(ShareGpt(write_json(tmp_path, [{"conversations": turns_of("Hi", answer)}])))
    assert [row["reason"] for row in rows.values()] == ["unfit_reply"]


def test_an_answers_instruction_is_what_was_said_before_it() -> None:
    turns = [Turn(HUMAN, "Hi"), Turn(ASSISTANT, "Hello."), Turn(HUMAN, "Who?"), Turn(ASSISTANT, "Me.")]
    first, second = dialogue_rows(
        Dialogue(turns, ["a.png"], {"captions": ["a dog"]}), id="set/1", dataset="set", task="vqa"
    )
    assert (first["id"], first["instruction"], first["response"]) == ("set/1-1", "Hi<image>", "Hello.")
    assert second["instruction"] == "Hi\n### Assistant: Hello.\n### Human: Who?<image>"
    assert second["captions"] == ["a dog"] and second["images"] == ["a.png"]


def test_a_closing_question_is_left_out_and_a_side_that_speaks_twice_is_refused() -> None:
    sides = [Turn(HUMAN, "a"), Turn(ASSISTANT, "b"), Turn(HUMAN, "c")]
    fixed = {"id": "d", "dataset": "d", "task": "text"}
    assert len(list(dialogue_rows(Dialogue(sides), **fixed))) == 1
    with pytest.raises(BadRow, match="turn 2 is the human's, expected the assistant's"):
        list(dialogue_rows(Dialogue([sides[0], sides[2]]), **fixed))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "bad_turns"),
        (["a"], "bad_turns"),
        ([{"from": "robot", "value": "a"}], "bad_turns"),
        ([{"from": "human", "value": None}], "wrong_type"),
        ([{"from": "human", "value": "\ud800"}], "malformed_record"),
    ],
)
def test_turns_that_cannot_be_read_have_their_reason(value: Any, reason: str) -> None:
    with pytest.raises(BadRow) as caught:
        read_turns(value, {"human": HUMAN})
    assert caught.value.reason == reason
