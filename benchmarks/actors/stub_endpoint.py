"""A chat endpoint in a process of its own that gives one answer to everything after a fixed time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

ANSWER = "It is a drama."


@contextmanager
def stub_endpoint(delay_s: float) -> Iterator[str]:
    """Address of the server, up to and without /v1."""
    command = [sys.executable, "-m", "benchmarks.actors.stub_endpoint", str(delay_s)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.wait()


def busy_between(url: str) -> tuple[float, float] | None:
    """When the first request since the last call came and the last answer left, seconds since the epoch."""
    with urlopen(f"{url}/busy") as reply:
        moments = json.load(reply)
    return (moments[0], moments[1]) if moments else None


async def serve(delay_s: float) -> None:
    """Serves until killed; the port is the first line of standard output."""
    from aiohttp import web

    moments: list[float] = []
    message = {"role": "assistant", "content": ANSWER}
    reply = {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 80, "completion_tokens": 5},
    }

    async def chat(request: web.Request) -> web.Response:
        arrived = time.time()
        await request.read()
        await asyncio.sleep(delay_s)
        moments[:] = [moments[0] if moments else arrived, time.time()]
        return web.json_response(reply)

    async def busy(request: web.Request) -> web.Response:
        told = list(moments)
        moments.clear()
        return web.json_response(told)

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "stub"}]})

    app = web.Application()
    app.add_routes([web.post("/v1/chat/completions", chat), web.get("/v1/models", models)])
    app.add_routes([web.get("/busy", busy)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
