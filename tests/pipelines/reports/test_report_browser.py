"""The page in a real browser: it fits, its console stays empty, and it asks the network for nothing."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from actors.prompts.task import Task
from pipelines.reports.annotation.page import write_report

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
START_S = 30
WIDTHS = (375, 1280)
LONG = "a-label-without-any-space-" * 6

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install the system's package `chromium`"),
]


class Page:
    """One tab of a headless Chromium, spoken to over its DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "method": method, "params": params})
        while True:
            message = await self.socket.receive_json(timeout=START_S)
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    async def open(self, url: str, width: int, *, dark: bool = False) -> None:
        for domain in ("Page", "Network", "Log", "Runtime"):
            await self.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        await self.call("Page.navigate", url=url)
        for _ in range(100):
            if await self.value("document.readyState") == "complete":
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{url} did not finish loading")

    async def value(self, expression: str) -> Any:
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def screenshot(self, file: Path) -> None:
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def named(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event.get("method") == method]


async def visit(port: int, url: str, width: int) -> tuple[Page, dict[str, Any]]:
    """The page after loading, and what was measured in it."""
    async with aiohttp.ClientSession() as session:
        async with session.put(f"http://127.0.0.1:{port}/json/new?about:blank") as reply:
            target = await reply.json()
        async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            page = Page(socket)
            await page.open(url, width)
            await page.value("document.querySelectorAll('details').forEach(d => d.open = true)")
            await page.value("window.scrollTo(0, document.body.scrollHeight)")
            await asyncio.sleep(0.3)
            return page, {
                "scroll": await page.value("document.documentElement.scrollWidth"),
                "wide": await page.value(TOO_WIDE),
                "sections": await page.value("document.querySelectorAll('section').length"),
                "alerts": await page.value("window.injected === undefined"),
                "pictures": await page.value("[...document.images].filter(i => i.naturalWidth > 0).length"),
            }


# Elements that stick out of the window to the right, by name.
TOO_WIDE = """[...document.querySelectorAll('main *, header *')]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + '.' + e.getAttribute('class')).slice(0, 5)"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The DevTools port of a Chromium with a profile of its own."""
    profile = tmp_path_factory.mktemp("chromium")
    assert CHROMIUM is not None
    browser = subprocess.Popen(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield _port(browser)
    finally:
        browser.terminate()
        browser.wait(timeout=10)


def _port(browser: subprocess.Popen[str]) -> int:
    """Chromium names its address on standard error as soon as it listens."""
    assert browser.stderr is not None
    for line in browser.stderr:
        if "DevTools listening on" in line:
            return int(line.split("ws://127.0.0.1:")[1].split("/")[0])
    raise AssertionError("Chromium ended before it listened")


@pytest.fixture
def report(make_run: Any, tmp_path: Path) -> Path:
    """A report with two runs, pictures, long words, right-to-left text and an attempt at injection."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("RGB", (900, 300), "teal").save(pictures / "a.jpg")
    task = Task("shapes", "Which shape?", ("circle", LONG), "{document}\nWhich shape?", uses_image=True)
    script = "<script>window.injected = 1</script><img src=x onerror='window.injected = 1'>"
    rows = [
        {"id": f"d/{n:02d}", "text": text, "images": ["a.jpg"], "human_label": label, "language": language}
        for n, (text, label, language) in enumerate(
            [(script, "circle", "en"), ("مربع أو دائرة؟", LONG, "ar"), ("x" * 500, "circle", "en")] * 8
        )
    ]
    answers = [{"label": "circle", "raw_output": script}, {"label": None, "raw_output": "w" * 400}]
    runs = [
        make_run(
            f"run-{mode}",
            [row | answers[number % 2] for number, row in enumerate(rows)],
            task=task,
            annotator=name,
            mode=mode,
            image_root=str(pictures),
            use_images=True,
        )
        for name, mode in (("tiny", "regex"), ("m" * 80, "constrain"))
    ]
    return write_report(runs, tmp_path / "report.html")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_its_window_keeps_quiet_and_stays_at_home(port: int, report: Path, width: int) -> None:
    page, seen = asyncio.run(visit(port, report.as_uri(), width))
    assert seen["sections"] >= 5
    assert seen["pictures"] > 0
    assert seen["alerts"], "a string of the data ran as a script"
    assert (seen["scroll"], seen["wide"]) == (width, [])
    assert page.named("Runtime.consoleAPICalled") == []
    assert page.named("Runtime.exceptionThrown") == []
    assert [entry["entry"]["text"] for entry in page.named("Log.entryAdded")] == []
    asked = {event["request"]["url"] for event in page.named("Network.requestWillBeSent")}
    assert {url for url in asked if not url.startswith("data:")} <= {report.as_uri()}


def test_a_page_that_does_call_out_is_noticed(port: int, tmp_path: Path) -> None:
    leaky = tmp_path / "leaky.html"
    leaky.write_text(
        "<p style='width:900px'>wide</p><img src='http://127.0.0.1:9/x.png'><script>undefined()</script>"
    )
    page, seen = asyncio.run(visit(port, leaky.as_uri(), 375))
    assert seen["scroll"] > 375
    assert page.named("Runtime.exceptionThrown")
    asked = {event["request"]["url"] for event in page.named("Network.requestWillBeSent")}
    assert "http://127.0.0.1:9/x.png" in asked
