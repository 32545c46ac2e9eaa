"""JSON requests to one HTTP endpoint: bounded, retried, and a failure is the value of its row."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp

from actors.base import BadRow
from actors.models.endpoint.replies import (
    BAD_RESPONSE,
    CONNECTION,
    TIMEOUT,
    error_detail,
    http_failure,
    is_transient,
    parse_reply,
    wait_s,
)

KEY_VARIABLE = "OPENAI_API_KEY"
CONNECT_S = 10.0
MAX_TIMEOUTS = 2  # a second full wait tells a slow moment from a request that never ends
Item = TypeVar("Item")
Result = TypeVar("Result")
Json = dict[str, Any]


@dataclass(frozen=True)
class _Failure:
    row: BadRow
    transient: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class EndpointClient:
    """A connection pool and the one thread whose event loop serves it.

    `max_in_flight` bounds the requests that are open at one time, `timeout_s` each try. The API key
    comes from OPENAI_API_KEY; without one no authorization is sent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        max_in_flight: int = 64,
        timeout_s: float = 120.0,
        max_retries: int = 5,
        backoff_s: float = 0.5,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"base URL {base_url!r} should start with http:// or https://")
        if max_in_flight < 1 or timeout_s <= 0 or max_retries < 0:
            raise ValueError(
                f"max_in_flight={max_in_flight}, timeout_s={timeout_s}, max_retries={max_retries}: expected"
                " at least 1 request in flight, a positive timeout and no negative number of retries"
            )
        self.base_url = base_url.rstrip("/")
        self.timeout_s, self.max_retries, self.backoff_s = timeout_s, max_retries, backoff_s
        self._key = os.environ.get(KEY_VARIABLE, "").strip()
        self._slots = asyncio.Semaphore(max_in_flight)
        self._resume_at = 0.0
        self.served = False  # whether any request has succeeded
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="endpoint", daemon=True).start()
        self._session = self._wait_for(self._open(max_in_flight))
        self.close = weakref.finalize(self, _shut, self._loop, self._session)

    def post_all(
        self,
        path: str,
        items: Sequence[Item],
        build: Callable[[Item], Json],
        read: Callable[[Json], Result],
        adapt: Callable[[Json, str], bool] = lambda body, refusal: False,
    ) -> list[Result | BadRow]:
        """What `read` makes of the JSON reply to `build(item)` for every item, in order; else a BadRow.

        `build` runs when the request is about to leave, `read` when its reply is there, so that neither
        bodies nor replies pile up; both may raise BadRow, and a reply that is not what `read` expects is
        one. After a 400 or 422 whose words are `refusal`, `adapt(body, refusal)` says whether `build` now
        makes another body.

        A 403 is the failure of its row: some endpoints answer so to a single prompt that they flag.

        Raises:
            ValueError: the endpoint refuses the credentials (401).
        """

        async def post(item: Item) -> Result | BadRow:
            reply = await self._post(path, item, build, adapt)
            return reply if isinstance(reply, BadRow) else _read(read, reply)

        return self._wait_for(_all(post(item) for item in items))

    def get(self, path: str) -> Json | BadRow:
        """The JSON reply to a GET of `path`, or the BadRow that says why there is none.

        Raises:
            ValueError: the endpoint refuses the credentials (401 or 403).
        """
        reply = self._wait_for(self._try("GET", path))
        if isinstance(reply, _Failure):
            if reply.row.reason == http_failure(403):
                raise self.refusal(403)
            return reply.row
        return reply

    def refusal(self, status: int) -> ValueError:
        """The error for the HTTP status (401 or 403) of an endpoint that does not take the API key."""
        return ValueError(
            f"{self.base_url} refuses the credentials (HTTP {status}): put a key that may use this"
            f" endpoint into {KEY_VARIABLE}, which is {'set' if self._key else 'not set'}"
        )

    def _wait_for(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self, max_in_flight: int) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_in_flight),
            timeout=aiohttp.ClientTimeout(total=self.timeout_s, sock_connect=min(CONNECT_S, self.timeout_s)),
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def _post(
        self, path: str, item: Item, build: Callable[[Item], Json], adapt: Callable[[Json, str], bool]
    ) -> Json | BadRow:
        attempt = timeouts = 0
        while True:
            async with self._slots:
                try:
                    body = build(item)
                except BadRow as bad:
                    return bad
                await self._pause()
                reply = await self._try("POST", path, body)
            if not isinstance(reply, _Failure):
                return reply
            if reply.row.reason in (http_failure(400), http_failure(422)) and adapt(body, reply.body):
                continue
            wait = wait_s(attempt, self.backoff_s, reply.headers)
            if "Retry-After" in reply.headers:
                self._resume_at = max(self._resume_at, self._loop.time() + wait)
            attempt += 1
            timeouts += reply.row.reason == TIMEOUT
            if not reply.transient or attempt > self.max_retries or timeouts == MAX_TIMEOUTS:
                return BadRow(reply.row.reason, f"{reply.row.detail} (tries: {attempt})")
            await asyncio.sleep(wait)

    async def _pause(self) -> None:
        """Waits while the endpoint has asked for a pause: the next request would be refused too."""
        while (left := self._resume_at - self._loop.time()) > 0:
            await asyncio.sleep(left)

    async def _try(self, method: str, path: str, body: Json | None = None) -> Json | _Failure:
        url = self.base_url + path
        try:
            # A redirect is reported, not followed: it would carry the key to another place.
            async with self._session.request(method, url, json=body, allow_redirects=False) as reply:
                return self._read(reply.status, reply.headers, await reply.text(errors="replace"))
        except aiohttp.ConnectionTimeoutError:
            return _Failure(BadRow(CONNECTION, f"no connection to {url} in time"), transient=True)
        except TimeoutError:
            return _Failure(BadRow(TIMEOUT, f"no answer from {url} in {self.timeout_s:g} s"), transient=True)
        except (aiohttp.ClientError, OSError) as error:
            return _Failure(BadRow(CONNECTION, f"{url}: {error or type(error).__name__}"), transient=True)

    def _read(self, status: int, headers: Mapping[str, str], text: str) -> Json | _Failure:
        if status == 200:
            self.served = True
            return _parse(text)
        if status == 401:
            raise self.refusal(status)
        detail = error_detail(text) or "no body"
        if self._key:
            detail = detail.replace(self._key, "***")
        return _Failure(BadRow(http_failure(status), detail), is_transient(status), headers, text)


async def _all(work: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


def _read(reader: Callable[[Json], Result], reply: Json) -> Result | BadRow:
    try:
        return reader(reply)
    except BadRow as bad:
        return bad
    except (AttributeError, KeyError, TypeError, ValueError) as surprise:
        return BadRow(BAD_RESPONSE, f"a reply of another shape: {surprise!r:.120}")


def _parse(text: str) -> Json | _Failure:
    try:
        reply = parse_reply(text)
    except (ValueError, RecursionError):
        return _Failure(BadRow(BAD_RESPONSE, f"not JSON: {error_detail(text) or 'no body'}"))
    if not isinstance(reply, dict):
        return _Failure(BadRow(BAD_RESPONSE, f"JSON, but no object: {text[:80]}"))
    return reply


def _shut(loop: asyncio.AbstractEventLoop, session: aiohttp.ClientSession) -> None:
    asyncio.run_coroutine_threadsafe(session.close(), loop).result(CONNECT_S)
    loop.call_soon_threadsafe(loop.stop)
