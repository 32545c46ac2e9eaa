"""How sure an endpoint's model is of a constrained answer, from the likeliest tokens that it tells."""

from __future__ import annotations

import math
from typing import Any

import pytest
from aiohttp import web

from actors.models.endpoint.engine import OpenAIGenerator
from actors.models.text_generator import Generation, Prompt

LABELS = ["drama", "comedy"]


def ask(endpoint: Any, refused: str | None = None) -> Generation:
    """The constrained answer of an endpoint that says comedy with 0.3, would say drama with 0.1 and something
    else with 0.6, and answers a body that holds the setting `refused` with an error."""

    async def answer(body: dict[str, Any]) -> web.StreamResponse:
        if refused and refused.split()[0] in body:
            return web.json_response({"error": {"message": refused}}, status=400)
        held = "structured_outputs" in body
        choices = body["structured_outputs"]["choice"] if held else ["no", "Well"]
        top = [("Well", 0.6), (choices[1], 0.3), (choices[0], 0.1)]
        told = [{"token": token, "logprob": math.log(chance)} for token, chance in top]
        token = told[1] | ({"top_logprobs": told} if body.get("top_logprobs") else {})
        message = {"message": {"content": choices[1]}, "finish_reason": "stop"}
        return web.json_response({"choices": [message | {"logprobs": {"content": [token]}}]})

    endpoint.answer = answer
    engine = OpenAIGenerator(endpoint.url, "tiny", max_retries=1, backoff_s=0.01, timeout_s=5.0)
    [result] = engine.constrain([Prompt("1", "Bambi")], LABELS)
    assert isinstance(result, Generation) and result.text == "comedy"
    return result


def test_the_share_is_that_among_the_labels(endpoint: Any) -> None:
    result = ask(endpoint)
    assert result.share == pytest.approx(0.75) and result.logprob == pytest.approx(math.log(0.3))


@pytest.mark.parametrize("words", ["top_logprobs must be at most 3", "logprobs are not supported"])
def test_an_endpoint_that_tells_fewer_tokens_is_asked_for_none(endpoint: Any, words: str) -> None:
    assert ask(endpoint, refused=words).share is None
    assert "top_logprobs" not in endpoint.bodies[-1]
