from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from actors.base import BadRow
from actors.models.endpoint.client import EndpointClient

HTML_ERROR = (
    "<html><head><title>Oops</title><style>p {color: red}</style></head>"
    "<body><h1>502 &amp; more</h1><p>upstream is <b>down</b></p></body></html>"
)
GOOD = {"fine": True}


class Script:
    """Replies to the row named in the body by a list of steps, the last one repeated."""

    def __init__(self, **steps: list[Any]) -> None:
        self.steps = steps
        self.tries: Counter[str] = Counter()
        self.times: dict[str, list[float]] = {}

    async def __call__(self, body: dict[str, Any]) -> web.StreamResponse:
        row = body["row"]
        steps = self.steps.get(row, [GOOD])
        step = steps[min(self.tries[row], len(steps) - 1)]
        self.tries[row] += 1
        self.times.setdefault(row, []).append(time.monotonic())
        if isinstance(step, dict):
            return web.json_response(step | {"row": row})
        return await step() if callable(step) else step


def page(status: int, text: str, **headers: str) -> Any:
    async def reply() -> web.Response:
        return web.Response(status=status, text=text, headers=headers, content_type="text/html")

    return reply


async def hang() -> web.Response:
    await asyncio.sleep(30)
    raise AssertionError("the client should have left")


async def drop() -> web.Response:
    gone = web.Response()
    gone._status = 0  # the stub aborts the connection
    return gone


def post(endpoint: Any, script: Script, rows: list[str], **settings: Any) -> list[Any]:
    endpoint.answer = script
    settings = {"backoff_s": 0.01, "max_retries": 2, "timeout_s": 5.0} | settings
    client = EndpointClient(endpoint.url, **settings)
    try:
        return client.post_all("/chat/completions", rows, lambda row: {"row": row}, dict)
    finally:
        client.close()


def test_replies_come_back_in_order_whatever_the_order_of_arrival(endpoint: Any) -> None:
    def later(delay: float) -> Any:
        async def reply() -> web.Response:
            await asyncio.sleep(delay)
            return web.json_response({"delay": delay})

        return reply

    delays = [0.3, 0.05, 0.2, 0.0, 0.1]
    script = Script(**{f"r{i}": [later(delay)] for i, delay in enumerate(delays)})

    replies = post(endpoint, script, [f"r{i}" for i in range(5)])

    assert [reply["delay"] for reply in replies] == delays


def test_every_kind_of_failure_is_a_value_of_its_own_row(endpoint: Any) -> None:
    script = Script(
        json400=[page(400, '{"error": {"message": "context of 4096 tokens exceeded", "code": 1}}')],
        html500=[page(500, HTML_ERROR)],
        hang=[hang],
        drop=[drop],
        html200=[page(200, HTML_ERROR)],
        half=[page(200, '{"choices": [')],
        list200=[page(200, "[1, 2]")],
        redirect=[page(302, "", Location="http://127.0.0.1:9/elsewhere")],
    )
    rows = [
        "a",
        "json400",
        "b",
        "html500",
        "hang",
        "c",
        "drop",
        "html200",
        "half",
        "list200",
        "redirect",
        "d",
    ]

    replies = dict(zip(rows, post(endpoint, script, rows, timeout_s=0.5), strict=True))

    assert {row: replies[row] for row in "abcd"} == {row: {"fine": True, "row": row} for row in "abcd"}
    reasons = {row: reply.reason for row, reply in replies.items() if isinstance(reply, BadRow)}
    assert reasons == {
        "json400": "http_400",
        "html500": "http_500",
        "hang": "timeout",
        "drop": "connection",
        "html200": "bad_response",
        "half": "bad_response",
        "list200": "bad_response",
        "redirect": "http_302",
    }
    assert replies["json400"].detail == "context of 4096 tokens exceeded (tries: 1)"
    assert replies["html500"].detail == "502 & more upstream is down (tries: 3)"
    assert script.tries["json400"] == script.tries["html200"] == 1
    assert script.tries["html500"] == script.tries["drop"] == 3
    assert script.tries["hang"] == 2


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_a_transient_status_is_tried_again_until_it_succeeds(endpoint: Any, status: int) -> None:
    script = Script(row=[page(status, "busy"), page(status, "busy"), GOOD])

    assert post(endpoint, script, ["row"]) == [{"fine": True, "row": "row"}]
    assert script.tries["row"] == 3


def test_a_429_that_never_ends_fails_with_its_code(endpoint: Any) -> None:
    [reply] = post(endpoint, Script(row=[page(429, '{"detail": "slow down"}')]), ["row"])

    assert (reply.reason, reply.detail) == ("http_429", "slow down (tries: 3)")


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(endpoint: Any, form: str) -> None:
    async def busy() -> web.Response:
        soon = datetime.now(UTC) + timedelta(seconds=2)
        value = "0.6" if form == "seconds" else format_datetime(soon, usegmt=True)
        return web.Response(status=429, text="{}", headers={"Retry-After": value})

    script = Script(row=[busy, GOOD])

    assert post(endpoint, script, ["row"]) == [{"fine": True, "row": "row"}]
    first, second = script.times["row"]
    assert 0.55 < second - first < 3.0  # an HTTP date has whole seconds: 1 to 2 from now


def test_retry_after_holds_back_the_other_rows_too(endpoint: Any) -> None:
    script = Script(first=[page(429, "{}", **{"Retry-After": "0.6"}), GOOD])

    replies = post(endpoint, script, ["first", "second", "third"], max_in_flight=1)

    assert [reply["row"] for reply in replies] == ["first", "second", "third"]
    assert script.times["second"][0] - script.times["first"][0] > 0.55


def test_requests_in_flight_stay_within_the_bound_and_reach_it(endpoint: Any) -> None:
    async def slow() -> web.Response:
        await asyncio.sleep(0.05)
        return web.json_response(GOOD)

    script = Script(**{f"r{i}": [slow] for i in range(40)})
    post(endpoint, script, [f"r{i}" for i in range(40)], max_in_flight=8)

    assert endpoint.most_open == 8


def test_refused_credentials_stop_the_run_and_the_key_is_not_shown(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1234")
    script = Script(row=[page(401, '{"error": "wrong key sk-secret-1234"}')])

    with pytest.raises(ValueError, match="OPENAI_API_KEY, which is set") as error:
        post(endpoint, script, ["row", "other"])

    assert "sk-secret" not in str(error.value)


def test_a_flagged_prompt_costs_its_row_alone(endpoint: Any) -> None:
    flagged, fine = post(endpoint, Script(row=[page(403, '{"error": "flagged"}')]), ["row", "other"])

    assert (flagged.reason, flagged.detail) == ("http_403", "flagged (tries: 1)")
    assert fine == {"fine": True, "row": "other"}


def test_the_key_is_sent_and_cut_out_of_what_the_endpoint_says(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1234")

    [reply] = post(endpoint, Script(row=[page(400, "no quota for sk-secret-1234")]), ["row"])

    assert endpoint.headers[0]["Authorization"] == "Bearer sk-secret-1234"
    assert reply.detail == "no quota for *** (tries: 1)"


def test_without_a_key_no_authorization_is_sent(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    post(endpoint, Script(), ["row"])

    assert "Authorization" not in endpoint.headers[0]


def test_an_unreachable_endpoint_fails_every_row_and_raises_nothing() -> None:
    client = EndpointClient("http://127.0.0.1:9/v1", max_retries=1, backoff_s=0.01)
    replies = client.post_all("/x", ["a", "b"], lambda row: {"row": row}, dict)
    client.close()

    assert [reply.reason for reply in replies if isinstance(reply, BadRow)] == ["connection", "connection"]


def test_a_body_that_cannot_be_built_costs_its_row_alone(endpoint: Any) -> None:
    def build(row: str) -> dict[str, Any]:
        if row == "bad":
            raise BadRow("unsupported_image", "a text file")
        return {"row": row}

    endpoint.answer = Script()
    client = EndpointClient(endpoint.url)
    replies = client.post_all("/x", ["a", "bad", "b"], build, dict)
    client.close()

    assert [reply.reason if isinstance(reply, BadRow) else reply["row"] for reply in replies] == [
        "a",
        "unsupported_image",
        "b",
    ]


def test_replies_are_read_as_they_come_so_that_only_what_was_read_is_held(endpoint: Any) -> None:
    unread = 0
    most = 0

    async def big() -> web.Response:
        nonlocal unread, most
        unread += 1
        most = max(most, unread)
        return web.json_response({"text": "x" * 1000})

    def read(reply: dict[str, Any]) -> int:
        nonlocal unread
        unread -= 1
        return len(reply["text"])

    endpoint.answer = Script(**{f"r{i}": [big] for i in range(30)})
    client = EndpointClient(endpoint.url, max_in_flight=2)
    lengths = client.post_all("/x", [f"r{i}" for i in range(30)], lambda row: {"row": row}, read)
    client.close()

    assert lengths == [1000] * 30
    assert most <= 4


def test_a_reply_that_cannot_be_read_costs_its_row_alone(endpoint: Any) -> None:
    endpoint.answer = Script(odd=[{"fine": None}])
    client = EndpointClient(endpoint.url)
    rows = ["a", "odd"]
    first, second = client.post_all("/x", rows, lambda row: {"row": row}, lambda reply: int(reply["fine"]))
    client.close()

    assert first == 1
    assert isinstance(second, BadRow)
    assert second.reason == "bad_response"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_in_flight": 0}, "max_in_flight=0"),
        ({"timeout_s": 0}, "timeout_s=0"),
        ({"max_retries": -1}, "-1"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EndpointClient("http://127.0.0.1:9", **settings)


def test_a_base_url_needs_its_scheme() -> None:
    with pytest.raises(ValueError, match="'localhost:8000' should start with http"):
        EndpointClient("localhost:8000")
