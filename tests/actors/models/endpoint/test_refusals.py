"""What a 403 means: a key that may not, or a prompt that must not."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from actors.models.endpoint.engine import OpenAIGenerator
from actors.models.text_generator import Generation, GenerationParams, Prompt

FINE = {"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}


def serve(endpoint: Any, *, forbids: str) -> OpenAIGenerator:
    """An endpoint that answers 403 to every prompt with the words `forbids`."""

    async def answer(body: dict[str, Any]) -> web.Response:
        said = body["prompt"] if "prompt" in body else body["messages"][-1]["content"]
        return (
            web.json_response({"error": "flagged"}, status=403)
            if forbids in said
            else web.json_response(FINE)
        )

    endpoint.answer = answer
    return OpenAIGenerator(endpoint.url, "tiny", max_retries=0, timeout_s=5.0)


def ask(engine: OpenAIGenerator, *documents: str) -> list[str]:
    prompts = [Prompt(str(number), document) for number, document in enumerate(documents)]
    answers = engine.generate(prompts, GenerationParams())
    return [answer.text if isinstance(answer, Generation) else answer.reason for answer in answers]


def test_a_key_that_may_not_use_the_endpoint_stops_the_run(endpoint: Any) -> None:
    engine = serve(endpoint, forbids="")
    with pytest.raises(ValueError, match="refuses the credentials .HTTP 403."):
        ask(engine, "a", "b")
    with pytest.raises(ValueError, match="refuses the credentials .HTTP 403."):
        engine.choose([Prompt("1", "a")], ["x", "y"])


def test_flagged_prompts_fail_with_their_code_even_before_anything_succeeded(endpoint: Any) -> None:
    engine = serve(endpoint, forbids="bomb")
    assert ask(engine, "bomb", "bomb") == ["http_403", "http_403"]
    assert ask(engine, "a", "bomb") == ["fine", "http_403"]
    assert len(endpoint.bodies) == 5  # one harmless question after the first two, none later


def test_a_harmless_question_in_another_form_is_asked_once(endpoint: Any) -> None:
    engine = serve(endpoint, forbids="bomb")
    forbidding = endpoint.answer

    async def answer(body: dict[str, Any]) -> web.Response:
        reply: web.Response = await forbidding(body)
        if reply.status == 200 and "max_tokens" in body:
            words = {"error": "max_tokens is not supported, use max_completion_tokens"}
            return web.json_response(words, status=400)
        return reply

    endpoint.answer = answer
    assert ask(engine, "bomb") == ["http_403"]
    assert [set(body) & {"max_tokens", "max_completion_tokens"} for body in endpoint.bodies] == [
        {"max_tokens"}, {"max_tokens"}, {"max_completion_tokens"},
    ]  # fmt: skip
