from __future__ import annotations

from typing import Any

import pytest

from actors.base import BadRow
from actors.models.endpoint.constraints import WAYS, answer_room, constraint_fields, read_choice

CHOICES = ["drama", " comedy"]


def reply(text: str, tokens: list[tuple[str, float]] | None = None) -> dict[str, Any]:
    choice: dict[str, Any] = {"message": {"content": text}, "finish_reason": "stop"}
    if tokens:
        choice["logprobs"] = {"content": [{"token": token, "logprob": value} for token, value in tokens]}
    return {"choices": [choice]}


def test_every_way_names_the_choices_and_nothing_else() -> None:
    fields = {way: constraint_fields(way, CHOICES) for way in WAYS}
    assert fields["structured_outputs"] == {"structured_outputs": {"choice": CHOICES}}
    assert fields["guided_choice"] == {"guided_choice": CHOICES}
    schema = fields["json_schema"]["response_format"]["json_schema"]
    assert schema["strict"] and schema["schema"]["properties"]["label"]["enum"] == CHOICES
    assert schema["schema"]["additionalProperties"] is False


def test_there_is_room_for_the_longest_choice_in_bytes() -> None:
    assert answer_room(["a", "日本"]) - answer_room(["a"]) == 5


def test_the_answer_is_the_choice_as_it_was_given() -> None:
    answer = read_choice("guided_choice", reply("comedy \n", [("com", -0.5), ("edy", -0.25)]), CHOICES)
    assert (answer.text, answer.logprob) == (" comedy", -0.75)


def test_in_json_the_label_alone_is_scored() -> None:
    tokens = [('{"label": "', -3.0), ("dra", -0.5), ("ma", -0.25), ('"}', -2.0)]
    answer = read_choice("json_schema", reply('{"label": "drama"}', tokens), CHOICES)
    assert (answer.text, answer.logprob) == ("drama", -0.75)


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("guided_choice", "a drama"),
        ("json_schema", "drama"),
        ("json_schema", '{"label": 3}'),
        ("json_schema", '["drama"]'),
    ],
)
def test_an_answer_off_the_list_is_a_bad_row(way: str, text: str) -> None:
    with pytest.raises(BadRow, match="off_list_output"):
        read_choice(way, reply(text), CHOICES)
