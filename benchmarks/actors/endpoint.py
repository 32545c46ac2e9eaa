"""The endpoint engine against plain asyncio: 5,000 requests to a local server that answers in 50 ms.

64 requests are in flight; server and client share this machine's cores. Starting and stopping
(imports, Ray, loading) are not counted, everything else is:

- plain asyncio: aiohttp, one task per request behind a semaphore, the answer's text and nothing else;
- engine: `OpenAIGenerator.generate`, from prompts to generations;
- pipeline: `annotate` with that engine, from its first request until its last shard is written.

Expected before the first run: a client that cost nothing would take 3.9 s, plain asyncio about 4.5 s;
the engine 0.95 of it, the pipeline 0.85. Required: 0.8.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from actors.base import BadRow, Columns
from actors.labels.annotator import LabelAnnotator
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.family import EngineOptions
from actors.models.endpoint.engine import OpenAIGenerator
from actors.models.text_generator import GenerationParams, Prompt
from actors.prompts.task import Task
from benchmarks.actors.stub_endpoint import ANSWER, busy_between, stub_endpoint
from benchmarks.results_table import write_results
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.run import run_pipeline
from pipelines.recipes.flags import PoolFlags
from pipelines.schema import LABEL_COLUMNS, Row, live_row
from pipelines.sources.source import Source

REQUESTS, IN_FLIGHT, DELAY_S, ROUNDS = 5000, 64, 0.050, 5
PARAMS = GenerationParams(max_new_tokens=64)
TASK = Task("film", "film genre", ("comedy", "drama"), "Which genre? {document}")


def document(number: int) -> str:
    return f"film {number}: " + "two people and a summer that changes everything " * 6


@dataclass
class Films(Source):
    """REQUESTS rows of text."""

    @property
    def columns(self) -> Columns:
        return LABEL_COLUMNS

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        for number in range(REQUESTS):
            yield live_row(id=f"films/all/{number}", dataset="films", task="label", text=document(number))


def plain(url: str) -> float:
    """Seconds."""

    async def run() -> list[str]:
        slots = asyncio.Semaphore(IN_FLIGHT)
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def ask(number: int) -> str:
                message = {"role": "user", "content": f"Which genre? {document(number)}"}
                body = {"model": "stub", "messages": [message], "max_tokens": 64, "temperature": 0.8}
                async with slots, session.post(f"{url}/v1/chat/completions", json=body) as reply:
                    return (await reply.json())["choices"][0]["message"]["content"]

            return await asyncio.gather(*[ask(number) for number in range(REQUESTS)])

    began = time.perf_counter()
    assert asyncio.run(run()) == [ANSWER] * REQUESTS
    return time.perf_counter() - began


def engine(url: str) -> float:
    """Seconds."""
    generator = OpenAIGenerator(f"{url}/v1", "stub", max_in_flight=IN_FLIGHT)
    began = time.perf_counter()
    prompts = [Prompt(str(number), document(number), head="Which genre? ") for number in range(REQUESTS)]
    answers = generator.generate(prompts, PARAMS)
    took = time.perf_counter() - began
    generator.client.close()
    assert all(not isinstance(answer, BadRow) and answer.text == ANSWER for answer in answers)
    return took


def pipeline(url: str) -> float:
    """Seconds."""
    annotator = LabelAnnotator(
        task=TASK,
        model=AnnotatorModel("stub", "stub", "answers everything alike"),
        engine="openai",
        params=PARAMS,
        options=EngineOptions(base_url=f"{url}/v1", max_in_flight=IN_FLIGHT),
    )
    stage = PoolFlags().stage(annotator, local_model=False)
    busy_between(url)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        manifest = run_pipeline(Pipeline("annotate", Films(), [stage], out))
        busy = busy_between(url)
        assert busy is not None and manifest.rows["kept"] == REQUESTS
        shards = [out / shard["path"] for shard in manifest.shards]
        return max(shard.stat().st_mtime for shard in shards) - busy[0]


def main() -> None:
    load = os.getloadavg()[0]
    seconds: dict[str, list[float]] = {"plain asyncio": [], "engine": [], "pipeline": []}
    with stub_endpoint(DELAY_S) as url:
        for _ in range(ROUNDS):
            for taken, side in zip(seconds.values(), (plain, engine, pipeline), strict=True):
                taken.append(side(url))
    median = {name: statistics.median(taken) for name, taken in seconds.items()}
    lines = [
        [name, f"{took:.2f}", f"{REQUESTS / took:.0f}", f"{median['plain asyncio'] / took:.2f}"]
        for name, took in median.items()
    ]
    rounds = "; ".join(f"{name} {' '.join(f'{s:.2f}' for s in taken)}" for name, taken in seconds.items())
    write_results(
        "endpoint",
        "Endpoint engine",
        ["side", "seconds", "requests/s", "of plain asyncio"],
        lines,
        note=f"medians of {ROUNDS} rounds, the sides in turn (seconds: {rounds}); load before: {load:.1f}",
        doc=__doc__ or "",
    )


if __name__ == "__main__":
    main()
