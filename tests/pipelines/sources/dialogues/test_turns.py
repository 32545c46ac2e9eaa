"""Conversations become a row per answer; long and unfit ones are dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dialogue_sets import rows_by_id, turns_of, write_json

from actors.base import BadRow
from pipelines.schema import Row
from pipelines.sources.dialogues.chatgpt import ShareGpt
from pipelines.sources.dialogues.speakers import CALL, RESULT, ROLES, SYSTEM
from pipelines.sources.dialogues.turns import (
    ASSISTANT,
    HUMAN,
    Dialogue,
    Turn,
    dialogue_rows,
    read_turns,
    unused_turns,
)


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


def test_a_closing_question_is_left_out_and_questions_without_an_answer_are_refused() -> None:
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
        ([{"from": "human", "value": "a"}, {"from": "human", "value": ["b"]}], "wrong_type"),
    ],
)
def test_turns_that_cannot_be_read_have_their_reason(value: Any, reason: str) -> None:
    with pytest.raises(BadRow) as caught:
        read_turns(value, {"human": HUMAN})
    assert caught.value.reason == reason


H, A, S = HUMAN, ASSISTANT, SYSTEM


def rows_of(*turns: tuple[str, str], images: tuple[str, ...] = (), **how: Any) -> list[Row]:
    dialogue = Dialogue([Turn(role, text) for role, text in turns], images)
    return list(dialogue_rows(dialogue, id="d", dataset="d", task="text", **how))


def unused(*turns: tuple[str, str]) -> list[str]:
    return unused_turns(Dialogue([Turn(role, text) for role, text in turns]))


def test_turns_of_one_side_are_joined() -> None:
    first, second = rows_of(
        (H, "Name one."), (H, "A dark one."), (A, "Navy."), (A, "Or black."), (H, "And?"), (A, "No.")
    )
    assert (first["instruction"], first["response"]) == ("Name one.\n\nA dark one.", "Navy.\n\nOr black.")
    assert second["instruction"] == (
        "Name one.\n\nA dark one.\n### Assistant: Navy.\n\nOr black.\n### Human: And?"
    )


def test_calls_of_tools_and_their_results_are_part_of_what_is_answered() -> None:
    turns = [
        (H, "Weather?"),
        (CALL, "{}"),
        (RESULT, "20"),
        (A, "20 degrees."),
        (CALL, "{1}"),
        (RESULT, "9"),
        (A, "Now 9."),
    ]
    first, second = rows_of(*turns)
    assert first["instruction"] == "Weather?\n### Tool call: {}\n### Tool: 20"
    assert second["instruction"] == (
        f"{first['instruction']}\n### Assistant: 20 degrees.\n### Tool call: {{1}}\n### Tool: 9"
    )


def test_what_the_system_says_is_kept_beside_the_instruction_from_there_on() -> None:
    rows = rows_of((S, "Be nice."), (H, "a"), (A, "b"), (S, "In French."), (H, "c"), (A, "d"))
    assert [row["system"] for row in rows] == ["Be nice.", "Be nice.\n\nIn French."]
    assert rows[1]["instruction"] == "a\n### Assistant: b\n### Human: c"


def test_a_turn_that_is_blank_costs_its_answer_and_no_other() -> None:
    turns = [(S, "Be nice."), (H, "a"), (A, ""), (H, ""), (A, "c"), (H, "d"), (A, "e")]
    first, second, third = rows_of(*turns)
    assert (first["reason"], second["reason"], third["status"]) == ("empty_text", "empty_text", "live")
    assert (third["instruction"], third["system"], third["id"]) == ("d", "Be nice.", "d-3")


def test_a_mark_without_a_picture_costs_its_answer_and_no_other() -> None:
    rows = rows_of((H, "a"), (A, "b"), (H, "What is <image>?"), (A, "A tag."), (H, "c"), (A, "d"))
    assert [row["reason"] for row in rows] == [None, "image_marks", None]
    assert rows[2]["instruction"] == "a\n### Assistant: b\n### Human: c"
    rows = rows_of((H, "a"), (A, "Write <image>."), (H, "c"), (A, "d"))
    assert [row["reason"] for row in rows] == ["image_marks", None]


def test_answers_about_pictures_are_dropped_where_nobody_sees_one_alone() -> None:
    turns = [(H, "What?"), (A, "The image shows a dog."), (H, "So?"), (A, "As an AI, I see.")]
    assert [row["reason"] for row in rows_of(*turns)] == ["unfit_reply", "unfit_reply"]
    assert [row["reason"] for row in rows_of(*turns, images=("a.png",))] == [None, None]
    assert [row["reason"] for row in rows_of(*turns, keep_unfit=True)] == [None, None]
    later = [(H, "Ready?"), (A, "Send the picture."), (H, "<image>"), (A, "The picture shows a dog.")]
    assert [row["reason"] for row in rows_of(*later, images=("a.png",))] == [None, None]


def test_marks_do_not_count_for_the_length() -> None:
    turns = [(H, "What <image>?"), (A, "A dog.")]
    length = len("What ?") + len("A dog.")
    assert rows_of(*turns, images=("a.png",), max_chars=length)[0]["status"] == "live"
    assert rows_of(*turns, images=("a.png",), max_chars=length - 1)[0]["score"] == length


def test_turns_that_are_in_no_row_are_named() -> None:
    assert unused((A, "Hello!"), (H, "a"), (A, "b"), (H, "bye"), (S, "x")) == [
        "assistant turn before any question",
        "human turn behind the last answer",
        "system turn (in column system, shown to no model)",
    ]
    assert unused((H, "a"), (A, "b")) == []
    assert unused((CALL, "{}"), (H, "a"), (A, "b"), (RESULT, "1")) == [
        "tool call turn before any question", "tool turn behind the last answer",
    ]  # fmt: skip


def test_null_is_blank_and_a_call_of_openais_assistant_is_one() -> None:
    calls = [{"name": "weather"}]
    value = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "content": "20"},
        {"role": "assistant", "content": None},
    ]
    assert read_turns(value, ROLES) == [
        Turn(H, "Weather?"), Turn(CALL, '[{"name": "weather"}]'), Turn(RESULT, "20"), Turn(A, ""),
    ]  # fmt: skip
