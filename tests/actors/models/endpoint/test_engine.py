from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from actors.base import BadRow, row_seed
from actors.models.endpoint.engine import OpenAIGenerator, check_endpoint
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt

Json = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n and so on"


def reply(text: str, tokens: list[tuple[str, float]] | None = None, finish: str = "stop") -> Json:
    choice: Json = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    if tokens is not None:
        choice["logprobs"] = {"content": [{"token": token, "logprob": score} for token, score in tokens]}
    return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def refusal(words: str, status: int = 400) -> web.Response:
    return web.json_response({"error": {"message": words}}, status=status)


def serve(endpoint: Any, respond: Callable[[Json], Json | web.Response]) -> OpenAIGenerator:
    async def answer(body: Json) -> web.StreamResponse:
        made = respond(body)
        return web.json_response(made) if isinstance(made, dict) else made

    endpoint.answer = answer
    return OpenAIGenerator(endpoint.url, "tiny", max_retries=1, backoff_s=0.01, timeout_s=5.0)


def last_words(body: Json) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def test_a_generation_has_text_counts_finish_reason_and_logprob(endpoint: Any) -> None:
    tokens = [("It is ", -0.25), ("a drama", -0.5), (".", -0.125)]
    engine = serve(endpoint, lambda body: reply("It is a drama.", tokens, finish="length"))

    assert engine.generate([Prompt("1", "Bambi")], GenerationParams()) == [
        Generation("It is a drama.", "length", prompt_tokens=7, new_tokens=3, logprob=-0.875)
    ]
    assert engine.batch_invariant is False


def test_the_request_carries_messages_and_decoding_settings(endpoint: Any) -> None:
    engine = serve(endpoint, lambda body: reply("yes"))
    prompt = Prompt("id-1", "Bambi", head="Film: ", tail="?", system="Be brief.", turns=(("Q", "A"),))

    engine.generate([prompt], GenerationParams(64, temperature=0.7, top_p=0.8, top_k=5, seed=3, stop=("\n",)))

    assert endpoint.bodies == [
        {
            "path": "chat/completions",
            "model": "tiny",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Q"},
                {"role": "assistant", "content": "A"},
                {"role": "user", "content": "Film: Bambi?"},
            ],
            "max_tokens": 64,
            "temperature": 0.7,
            "top_p": 0.8,
            "top_k": 5,
            "seed": row_seed(3, "id-1") & 0x7FFFFFFF,
            "stop": ["\n"],
            "logprobs": True,
        }
    ]


def test_pictures_travel_in_the_message(endpoint: Any) -> None:
    engine = serve(endpoint, lambda body: reply("a fawn"))
    engine.generate([Prompt("1", "What is it?", images=(PNG,))], GenerationParams())

    picture, text = endpoint.bodies[0]["messages"][0]["content"]
    assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBORw0KGgo")
    assert text == {"type": "text", "text": "What is it?"}


def test_one_bad_row_leaves_its_neighbours_alone(endpoint: Any) -> None:
    def respond(body: Json) -> Json | web.Response:
        words = last_words(body)
        if words == "long":
            return refusal("maximum context length is 4096 tokens")
        return {"choices": []} if words == "none" else reply(words.upper())

    engine = serve(endpoint, respond)
    rows = ["a", "long", "b", "none", "c"]
    results = engine.generate([Prompt(row, row) for row in rows], GenerationParams())

    assert [item.text for item in results if isinstance(item, Generation)] == ["A", "B", "C"]
    bad = [item for item in results if isinstance(item, BadRow)]
    assert [item.reason for item in bad] == ["http_400", "bad_response"]
    assert bad[0].detail.startswith("maximum context length")


@pytest.mark.parametrize(
    "words",
    [
        "Unrecognized request argument supplied: logprobs",
        '[{"type": "extra_forbidden", "loc": ["body", "logprobs"], "msg": "Extra inputs are not permitted"}]',
    ],
)
def test_an_endpoint_without_logprobs_is_remembered_and_served(endpoint: Any, words: str) -> None:
    engine = serve(endpoint, lambda body: refusal(words, 422) if "logprobs" in body else reply("fine"))

    first = engine.generate([Prompt("1", "a"), Prompt("2", "b")], GenerationParams())
    seen = len(endpoint.bodies)
    second = engine.generate([Prompt("3", "c")], GenerationParams())

    assert [item.text for item in [*first, *second] if isinstance(item, Generation)] == ["fine"] * 3
    assert seen == 4
    assert [("logprobs" in body, "seed" in body) for body in endpoint.bodies[seen:]] == [(False, True)]


def test_a_refusal_of_the_prompt_that_mentions_a_setting_changes_nothing(endpoint: Any) -> None:
    engine = serve(endpoint, lambda body: refusal("your text on pumpkin seed oil is too long"))
    engine.generate([Prompt("1", "a"), Prompt("2", "b")], GenerationParams())

    assert [("seed" in body) for body in endpoint.bodies] == [True, True]


def test_max_completion_tokens_is_used_where_the_endpoint_wants_it(endpoint: Any) -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    engine = serve(endpoint, lambda body: refusal(words) if "max_tokens" in body else reply("fine"))

    [result] = engine.generate([Prompt("1", "a")], GenerationParams(max_new_tokens=9))

    assert isinstance(result, Generation)
    assert endpoint.bodies[-1]["max_completion_tokens"] == 9


def test_a_withheld_answer_is_an_empty_text_with_its_finish_reason(endpoint: Any) -> None:
    def withheld(body: Json) -> Json:
        return {"choices": [{"message": {"content": None}, "finish_reason": "content_filter"}]}

    engine = serve(endpoint, withheld)

    assert engine.generate([Prompt("1", "a")], GenerationParams()) == [
        Generation("", "content_filter", prompt_tokens=0, new_tokens=0, logprob=None)
    ]


def words_of(text: str) -> list[str]:
    return text.replace(" ", "| ").split("|")


def test_choices_are_scored_by_echo(endpoint: Any) -> None:
    def respond(body: Json) -> Json:
        tokens = words_of(body["prompt"])
        scores = [None] + [-float(len(token)) for token in tokens[1:]]
        return {"choices": [{"logprobs": {"tokens": tokens, "token_logprobs": scores}}]}

    engine = serve(endpoint, respond)
    prompts = [Prompt("1", "The film is"), Prompt("2", "The very long film is")]

    assert engine.choose(prompts, [" drama", " not drama"]) == [
        Choice((-6.0, -10.0), (1, 2), prompt_tokens=3),
        Choice((-6.0, -10.0), (1, 2), prompt_tokens=5),
    ]
    assert {body["path"] for body in endpoint.bodies} == {"completions"}
    assert all(body["max_tokens"] == 0 and body["echo"] for body in endpoint.bodies)


def test_choices_are_scored_by_prompt_logprobs_where_there_is_no_echo(endpoint: Any) -> None:
    def respond(body: Json) -> Json | web.Response:
        if "echo" in body:
            return refusal("echo is not supported")
        words = words_of(body["prompt"])
        entries: list[Any] = [{word: {"logprob": -float(len(word)), "rank": 1}} for word in words]
        return {"choices": [{"text": "x", "prompt_logprobs": [None, *entries[1:]]}]}

    engine = serve(endpoint, respond)

    assert engine.choose([Prompt("1", "The film is")], [" drama", " ok"]) == [
        Choice((-6.0, -3.0), (1, 1), prompt_tokens=3)
    ]


def test_a_prompt_refused_while_scoring_costs_its_row_alone(endpoint: Any) -> None:
    def respond(body: Json) -> Json | web.Response:
        if body["prompt"].startswith("long"):
            return refusal("too long")
        tokens = words_of(body["prompt"])
        return {"choices": [{"logprobs": {"tokens": tokens, "token_logprobs": [-1.0] * len(tokens)}}]}

    results = serve(endpoint, respond).choose([Prompt("1", "long film"), Prompt("2", "film")], [" a", " b"])

    assert isinstance(results[0], BadRow)
    assert results[0].reason == "http_400"
    assert results[1] == Choice((-1.0, -1.0), (1, 1), prompt_tokens=1)


def test_an_endpoint_that_scores_no_prompts_is_refused_with_the_next_step(endpoint: Any) -> None:
    engine = serve(endpoint, lambda body: {"choices": [{"text": "hello", "logprobs": None}]})

    with pytest.raises(ValueError, match="no prompt log-probabilities; use --mode regex or constrain"):
        engine.choose([Prompt("1", "a")], ["b", "c"])


def test_pictures_cannot_be_scored_by_an_endpoint(endpoint: Any) -> None:
    with pytest.raises(ValueError, match="picture; use --mode"):
        serve(endpoint, lambda body: {}).choose([Prompt("1", "a", images=(PNG,))], ["b", "c"])


def guided(body: Json) -> list[str] | None:
    return body.get("guided_choice")


def structured(body: Json) -> list[str] | None:
    return body.get("structured_outputs", {}).get("choice")


@pytest.mark.parametrize("allowed", [guided, structured])
def test_answers_are_held_to_the_choices_by_vllm_settings(
    endpoint: Any, allowed: Callable[[Json], list[str] | None]
) -> None:
    def respond(body: Json) -> Json:
        choices = allowed(body)
        return reply(choices[-1], [(choices[-1], -0.5)]) if choices else reply("Well, a drama.")

    engine = serve(endpoint, respond)
    results = engine.constrain([Prompt("1", "Bambi")], [" drama", " comedy"])

    assert results == [Generation(" comedy", "stop", prompt_tokens=7, new_tokens=3, logprob=-0.5)]
    assert endpoint.bodies[-1]["temperature"] == 0


def test_answers_are_held_to_the_choices_by_a_json_schema(endpoint: Any) -> None:
    def respond(body: Json) -> Json | web.Response:
        if "response_format" not in body:
            return refusal("Unrecognized request argument supplied")
        schema = body["response_format"]["json_schema"]["schema"]
        label = schema["properties"]["label"]["enum"][0]
        tokens = [('{"label": "', -1.0), (label[:2], -0.25), (label[2:], -0.5), ('"}', -2.0)]
        return reply(json.dumps({"label": label}), tokens)

    engine = serve(endpoint, respond)

    assert engine.constrain([Prompt("1", "Bambi")], ["drama", "comedy"]) == [
        Generation("drama", "stop", prompt_tokens=7, new_tokens=3, logprob=-0.75)
    ]


def test_an_answer_outside_the_list_is_a_bad_row(endpoint: Any) -> None:
    def respond(body: Json) -> Json:
        choices = guided(body)
        if choices is None or last_words(body) == "stubborn":
            return reply("I would rather not say.")
        return reply(choices[0])

    results = serve(endpoint, respond).constrain([Prompt("1", "stubborn"), Prompt("2", "Bambi")], ["a", "b"])

    assert isinstance(results[0], BadRow)
    assert results[0].reason == "off_list_output"
    assert isinstance(results[1], Generation)


def test_an_endpoint_that_cannot_be_held_to_a_list_is_refused(endpoint: Any) -> None:
    engine = serve(endpoint, lambda body: reply("Well, a drama."))

    with pytest.raises(ValueError, match="held to a list of answers; use --mode regex or rank"):
        engine.constrain([Prompt("1", "Bambi")], ["drama", "comedy"])


def test_a_dead_endpoint_fails_the_rows_of_every_method() -> None:
    engine = OpenAIGenerator("http://127.0.0.1:9/v1", "tiny", max_retries=0)
    prompts = [Prompt("1", "a"), Prompt("2", "b")]

    results = [
        *engine.generate(prompts, GenerationParams()),
        *engine.choose(prompts, ["x"]),
        *engine.constrain(prompts, ["x"]),
    ]

    assert [getattr(result, "reason", None) for result in results] == ["connection"] * 6


def test_the_preflight_accepts_a_served_model(endpoint: Any) -> None:
    check_endpoint(endpoint.url, "tiny")


def test_the_preflight_names_the_models_there_are(endpoint: Any) -> None:
    with pytest.raises(ValueError, match="does not serve 'tyni'; it has 'tiny'"):
        check_endpoint(endpoint.url, "tyni")


@pytest.mark.parametrize("base", ["http://127.0.0.1:9/v1", "no-v1"])
def test_the_preflight_says_what_is_wrong_with_the_address(endpoint: Any, base: str) -> None:
    with pytest.raises(ValueError, match="base URL, which usually ends in /v1"):
        check_endpoint(endpoint.url.removesuffix("/v1") if base == "no-v1" else base, "tiny")
