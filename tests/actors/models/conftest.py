"""A real HTTP server on the loopback interface, scripted by the test that uses it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

Json = dict[str, Any]
Answer = Callable[[Json], Awaitable[web.StreamResponse]]


class StubEndpoint:
    """Serves `answer(body)` to every POST and `models` to GET /v1/models.

    Counts what it saw: `bodies` and `headers` in order of arrival, `most_open` requests at one time.
    """

    def __init__(self) -> None:
        self.answer: Answer = answer_with("fine")
        self.models: Json = {"data": [{"id": "tiny"}]}
        self.bodies: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.open = self.most_open = 0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)

    async def _start(self) -> str:
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/v1/{path:.*}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def _list(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        return web.json_response(self.models)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() | {"path": request.match_info["path"]}
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            reply = await self.answer(body)
            if reply.status == 0:
                assert request.transport is not None
                request.transport.abort()
            return reply
        finally:
            self.open -= 1

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)


def completion(text: str, **more: Any) -> Json:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [choice | more], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def answer_with(text: str) -> Answer:
    async def answer(body: Json) -> web.StreamResponse:
        return web.json_response(completion(text))

    return answer


@pytest.fixture
def endpoint() -> Iterator[StubEndpoint]:
    stub = StubEndpoint()
    yield stub
    stub.stop()
