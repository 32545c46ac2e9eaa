from __future__ import annotations

import math
from typing import Any

import pytest

from actors.base import BadRow
from actors.models.endpoint.constraints import WAYS, answer_room, choice_share, constraint_fields, read_choice

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


Tokens = list[tuple[str, dict[str, float]]]


def told(tokens: Tokens) -> dict[str, Any]:
    """A choice with the probabilities of the likeliest tokens at each place; the first is the one that was
    taken."""
    content = []
    for token, chances in tokens:
        top = [{"token": text, "logprob": math.log(chance)} for text, chance in chances.items()]
        content.append({"token": token, "logprob": math.log(chances[token]), "top_logprobs": top})
    return {"logprobs": {"content": content}}


NAMES = ["positive", "negative", "neutral"]


@pytest.mark.parametrize(
    ("tokens", "share"),
    [
        # what the model would rather have said ("Well") is no label
        ([("pos", {"pos": 0.03, "neg": 0.01, "Well": 0.9, "neu": 0.01}), ("itive", {"itive": 1.0})], 0.6),
        # two labels begin alike, and part at the second token
        ([("ne", {"ne": 0.3, "pos": 0.1}), ("gative", {"gative": 0.2, "utral": 0.6})], 0.75 * 0.25),
        # a label may be spelled in other tokens too
        ([("pos", {"pos": 0.2, "positive": 0.2, "ne": 0.4}), ("itive", {"itive": 1.0})], 0.5),
        ([('{"label": "', {'{"label": "': 1.0}), ("neutral", {"neutral": 0.4, "pos": 0.4, "neg": 0.2})], 0.4),
        ([(' "neu', {' "neu': 0.4, ' "pos': 0.4, ' "neg': 0.2}), ("tral", {"tral": 1.0})], 0.4),
    ],
)
def test_the_share_is_that_of_the_label_among_all(tokens: Tokens, share: float) -> None:
    spelled = "".join(token for token, _ in tokens)
    [name] = [name for name in NAMES if name in spelled]
    assert choice_share(told(tokens), name, NAMES) == pytest.approx(share)


def test_a_label_that_is_not_told_matters_only_where_it_could_be_likely() -> None:
    sure = [("pos", {"pos": 0.95, "Pos": 0.04, "pro": 0.0001}), ("itive", {"itive": 1.0})]
    assert choice_share(told(sure), "positive", NAMES) == 1.0
    unsure = [("pos", {"Well": 0.6, "The": 0.3, "pos": 0.01}), ("itive", {"itive": 1.0})]
    assert choice_share(told(unsure), "positive", NAMES) is None


def test_an_endpoint_that_tells_no_other_tokens_gives_no_share() -> None:
    assert choice_share({}, "positive", NAMES) is None
    assert read_choice("guided_choice", reply("comedy", [("comedy", -0.5)]), CHOICES).share is None
