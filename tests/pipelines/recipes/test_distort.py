"""Whole runs of the distort verb: every strategy in one run, an endpoint as distorter, realism, the page."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from aiohttp import web
from finished_run import write_finished
from PIL import Image

from pipelines.__main__ import main
from pipelines.manifest import Manifest
from pipelines.metrics.realism_check import OVERALL, POLITE, RAW, read_realism
from pipelines.recipes.distort import measure_realism
from pipelines.schema import Row, base_schema, live_row
from pipelines.sources.source import Source

pytestmark = pytest.mark.usefixtures("shared_ray")

POLITE_ANSWER = "Looking at the picture, one can see that the dog number {} is brown. It runs on a lawn."


async def answer(request: web.Request) -> web.StreamResponse:
    """An impolite model, which fails in the ways that the polite answer names."""
    messages = (await request.json())["messages"]
    polite = next(message["content"] for message in messages if message["role"] == "assistant")
    said, finish = f'"{polite.split()[8]} brown dog" There you are.', "stop"
    if "number 1 " in polite:
        said = polite
    elif "number 2 " in polite:
        said, finish = "and so on and on", "length"
    elif "number 3 " in polite:
        return web.json_response({"error": {"message": "too hot"}}, status=400)
    message = {"role": "assistant", "content": said}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 4}})


@pytest.fixture
def endpoint() -> Iterator[str]:
    loop, ready = asyncio.new_event_loop(), threading.Event()
    found: list[int] = []

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "stub"}]})

    async def serve() -> None:
        app = web.Application()
        app.add_routes([web.post("/v1/chat/completions", answer), web.get("/v1/models", models)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        found.append(runner.addresses[0][1])
        ready.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield f"http://127.0.0.1:{found[0]}/v1"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    Image.new("RGB", (30, 20), "brown").save(tmp_path / "dog.png")
    boxed = {"captions": ["a brown dog"], "box_labels": ["dog"], "boxes": [[0.0, 0.1, 0.5, 1.0]]}
    records: list[dict[str, Any]] = [
        {"instruction": "Which colour?", "response": POLITE_ANSWER.format(number), "task": "vqa"}
        for number in range(30)
    ]
    records += [
        {"instruction": "Describe.", "response": POLITE_ANSWER.format(number), "task": "caption"} | boxed
        for number in range(100, 140)
    ]
    for record in records[30:]:
        record["image"] = "dog.png"
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, records)) + '\n{"instruction": "torn"')
    return file


def test_one_run_distorts_every_row_in_its_own_way_and_accounts_for_all(
    pairs: Path, tmp_path: Path, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    raw = tmp_path / "raw.jsonl"
    terse = [
        {"instruction": "q", "response": f"{word} dog {i}", "task": task}
        for i in range(40)
        for task in ("vqa", "caption")
        for word in ("brown",)
    ]
    raw.write_text("\n".join(map(json.dumps, terse)))
    flags = ["--engine", "openai", "--base-url", endpoint, "--distorter", "stub", "--prompt", "table5"]
    flags += ["--max-retries", "0", "--max-failed", "0.5", "--mix.llm-images", "0", "--mix.llm-text", "30"]
    flags += ["--mix.random", "30", "--mix.boxes", "5", "--realism-against", str(raw)]
    assert main(["distort", str(pairs), "--out", str(out), *flags]) == 0
    manifest = Manifest.read(out)
    rows = {row["id"].split("/")[-1]: row for row in manifest.table().to_pylist()}
    assert manifest.rows == {"in": 71, "kept": 62, "dropped": 7, "failed": 2}
    assert Counter(row["distortion"] for row in rows.values()) == {
        "llm": 30,
        "random": 30,
        "boxes": 5,
        None: 6,
    }
    assert (rows["5"]["response"], rows["5"]["response_original"]) == (
        "the brown dog",
        POLITE_ANSWER.format(4),
    )
    assert [rows[key]["reason"] for key in ("2", "3", "4")] == [
        "distortion_unchanged",
        "distortion_unfinished",
        "http_400",
    ]
    assert manifest.reasons["dropped"] == {
        "not_in_mix": 5,
        "distortion_unchanged": 1,
        "distortion_unfinished": 1,
    }
    assert not {"llm_text", "llm_reason", "llm_words", "llm_did"} & set(manifest.schema)
    _look_at_the_realism(out, capsys.readouterr().out)
    _look_at_the_page(out, tmp_path)


def _look_at_the_realism(out: Path, printed: str) -> None:
    found = read_realism(out)
    assert found is not None
    lines = {line.name: line for line in found[1]}
    assert set(lines) == {OVERALL, "llm", "random", "boxes", POLITE, RAW}
    assert (lines[POLITE].everything.low or 0) > 0.9  # long and polite against two words
    assert not lines["boxes"].everything.defined  # five rows
    assert "told from raw annotations" in printed


def _look_at_the_page(out: Path, folder: Path) -> None:
    assert main(["report", str(out), "--out", str(folder / "page.html")]) == 0
    page = (folder / "page.html").read_text()
    for words in ("the brown dog", "The followings are specific object", "data:image/", "Raw against raw"):
        assert words in page
    assert "1 http 400" in page and "1 unfinished" in page


@pytest.mark.slow
def test_a_shard_that_is_lost_is_made_again_with_the_same_texts(pairs: Path, tmp_path: Path) -> None:
    flags = ["--mix.llm-images", "0", "--mix.llm-text", "0", "--mix.random-text", "30", "--mix.random", "40"]
    flags += ["--mix.boxes", "0", "--max-failed", "0.5"]
    out = tmp_path / "out"
    command = ["distort", str(pairs), "--out", str(out), *flags]
    assert main(command) == 0
    first = {row["id"]: row for row in Manifest.read(out).table().to_pylist()}
    sorted((out / "shards").glob("*.parquet"))[0].unlink()
    (out / "manifest.json").unlink()
    assert main(command) == 0
    assert {row["id"]: row for row in Manifest.read(out).table().to_pylist()} == first
    assert len(first) == 71 and Manifest.read(out).timings["runs"] == 2


EXTRA = (("response_original", pa.string()), ("distortion", pa.string()))


@dataclass
class RawTexts(Source):
    """Raw annotations of these words; an empty one is no annotation."""

    texts: tuple[str, ...]

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        for number, text in enumerate(self.texts):
            yield live_row(id=f"raw/{number}", dataset="raw", task="vqa", response=text)


@pytest.fixture
def run(tmp_path: Path) -> Manifest:
    """Three rows that random augmentation distorted, and one that did not come through."""
    rows = [
        live_row(id=f"d/{n}", dataset="d", task="vqa", response="dog", response_original="A big dog.",
                 distortion="random")
        for n in range(3)
    ]  # fmt: skip
    rows.append({**rows[0], "id": "d/3", "status": "dropped", "distortion": "llm"})
    table = pa.Table.from_pylist(rows, pa.schema([*base_schema(), *EXTRA]))
    return Manifest.read(write_finished(tmp_path, table, name="distort", pictures=tmp_path))


def test_lines_are_of_kept_rows_and_are_written_beside_the_manifest(run: Manifest) -> None:
    lines = measure_realism(run, RawTexts(("cat", "", "two dogs", "red", "blue")), "raw set")
    assert [line.name for line in lines] == [OVERALL, "random", POLITE, RAW]  # llm kept none
    assert [line.texts for line in lines] == [3, 3, 3, 2]  # four raw texts, in halves for the last
    assert read_realism(run.path) == ("raw set", lines)


def test_a_set_without_raw_responses_is_refused(run: Manifest) -> None:
    with pytest.raises(ValueError, match="no raw responses; give --realism-against"):
        measure_realism(run, RawTexts(("", " ")), "raw set")
    assert read_realism(run.path) is None
