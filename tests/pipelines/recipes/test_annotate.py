"""Whole runs of the annotate verb: bad rows beside good ones, pictures, and the same rows twice."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from aiohttp import web
from PIL import Image

from actors.apply import apply
from actors.prompts.task import Task, load_task
from pipelines.__main__ import main
from pipelines.manifest import Manifest
from pipelines.recipes.annotate import AskFlags, Labelling
from pipelines.recipes.label_study.flags import LabelFlags
from pipelines.sources.choice import SourceChoice
from pipelines.sources.tables.table import TableSource

pytestmark = pytest.mark.usefixtures("shared_ray")

TASK = """
labels: ["yes", "no"]
prompt: "{document}\\nIs it red? Answer yes or no."
"""


async def answer(request: web.Request) -> web.StreamResponse:
    """An endpoint whose behaviour each document chooses."""
    content = (await request.json())["messages"][-1]["content"]
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    text = "".join(part.get("text", "") for part in parts)
    if "refuse-400" in text:
        return web.json_response({"error": {"message": "too hot"}}, status=400)
    if "page-500" in text:
        return web.Response(text="<html><h1>Bad gateway</h1></html>", status=500, content_type="text/html")
    said = "banana" if "off-list" in text else "Yes, it is."
    seen = sum(part["type"] == "image_url" for part in parts)
    message = {"role": "assistant", "content": said + (" I see a picture." if seen else "")}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 4}})


async def models(request: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": "stub"}]})


@pytest.fixture
def endpoint() -> Iterator[str]:
    loop, ready = asyncio.new_event_loop(), threading.Event()
    found: list[int] = []

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


def write_rows(folder: Path) -> Path:
    Image.new("RGB", (30, 20), "red").save(folder / "red.png")
    (folder / "cut.png").write_bytes((folder / "red.png").read_bytes()[:50])
    records: list[Any] = [
        {"id": "good", "text": "a red ball", "label": "yes"},
        {"id": "pictured", "text": "look", "label": "yes", "image": "red.png"},
        {"id": "wrong", "text": "a blue ball", "label": "no"},
        {"id": "null", "text": None, "label": "yes"},
        {"id": "typed", "text": 5, "label": "yes"},
        {"id": "blank", "text": "  ", "label": "yes"},
        {"id": "foreign", "text": "a ball", "label": "perhaps"},
        {"id": "gone", "text": "x", "image": "none.png"},
        {"id": "cut", "text": "x", "image": "cut.png"},
        {"id": "out", "text": "x", "image": "../secret.png"},
        {"id": "hot", "text": "refuse-400"},
        {"id": "page", "text": "page-500"},
        {"id": "silly", "text": "off-list", "label": "no"},
    ]
    lines = [json.dumps(record) for record in records]
    lines.insert(3, '{"id": "torn", "text": ')
    file = folder / "rows.jsonl"
    file.write_text("\n".join(lines) + "\n")
    (folder / "task.yaml").write_text(TASK)
    return file


def by_key(out: Path) -> dict[str, dict[str, Any]]:
    rows = {row["id"].split("/")[-1]: row for row in Manifest.read(out).table().to_pylist()}
    assert len(rows) == Manifest.read(out).rows["in"]
    return rows


def test_every_bad_row_has_its_own_reason_and_costs_itself_alone(tmp_path: Path, endpoint: str) -> None:
    data, out = write_rows(tmp_path), tmp_path / "out"
    flags = ["--engine", "openai", "--base-url", endpoint, "--annotator", "stub", "--mode", "regex"]
    flags += ["--images", "on", "--max-retries", "0", "--max-failed", "0.9"]
    arguments = ["annotate", "--task", str(tmp_path / "task.yaml"), "--data", str(data), "--out", str(out)]
    assert main([*arguments, *flags]) == 0
    rows = by_key(out)
    live = {key: row["label"] for key, row in rows.items() if row["status"] == "live"}
    assert live == {"good": "yes", "pictured": "yes", "wrong": "yes"}
    assert rows["pictured"]["raw_output"] == "Yes, it is. I see a picture."
    assert rows["pictured"]["new_tokens"] == 4
    reasons = {key: (row["status"], row["reason"]) for key, row in rows.items() if row["status"] != "live"}
    torn = next(key for key, row in rows.items() if row["reason"] == "malformed_record")
    assert reasons == {
        torn: ("failed", "malformed_record"),
        "null": ("failed", "empty_text"),
        "typed": ("failed", "wrong_type"),
        "blank": ("failed", "empty_text"),
        "foreign": ("failed", "unknown_label"),
        "gone": ("failed", "missing_image"),
        "cut": ("failed", "truncated_image"),
        "out": ("failed", "image_outside_root"),
        "hot": ("failed", "http_400"),
        "page": ("failed", "http_500"),
        "silly": ("dropped", "unanswered_off_list"),
    }
    assert "too hot" in rows["hot"]["detail"]
    assert "Bad gateway" in rows["page"]["detail"]
    manifest = Manifest.read(out)
    assert manifest.rows == {"in": 14, "kept": 3, "dropped": 1, "failed": 10}
    assert manifest.determinism["batch_invariant"] is False
    assert "image_bytes" not in manifest.schema


def annotate_locally(model: Path, folder: Path, name: str, *flags: str) -> dict[str, dict[str, Any]]:
    out = folder / name
    given = ["--task", str(folder / "task.yaml"), "--data", str(folder / "rows.csv"), "--out", str(out)]
    given += ["--annotator", str(model), "--mode", "regex", "--max-new-tokens", "12", "--temperature", "1.0"]
    assert main(["annotate", *given, *flags]) == 0
    return by_key(out)


def test_a_row_gets_the_same_sampled_answer_in_any_batch_on_any_worker(
    tmp_path: Path, tiny_llama: Path
) -> None:
    (tmp_path / "task.yaml").write_text('labels: [comedy, drama]\nprompt: "{document} comedy or drama?"\n')
    texts = ["the quick brown fox " * (1 + i % 7) for i in range(40)] + ["jumps over " * 400]
    (tmp_path / "rows.csv").write_text("text\n" + "\n".join(texts) + "\n")
    one = annotate_locally(tiny_llama, tmp_path, "one", "--calibrate", "off")
    many = annotate_locally(
        tiny_llama, tmp_path, "many", "--workers", "2", "--batch-size", "3", "--max-batch", "2"
    )
    said = {key: row["raw_output"] for key, row in one.items()}
    assert said == {key: row["raw_output"] for key, row in many.items()}
    assert len(set(said.values())) > 20  # the seeds differ by row
    assert Manifest.read(tmp_path / "one").determinism["batch_invariant"] is True
    assert sorted(row["cut_tokens"] > 0 for row in one.values()) == [False] * 40 + [True]


def write_films(folder: Path) -> Path:
    """MM-IMDB as released, three films and one without a plot."""
    (folder / "dataset").mkdir(parents=True)
    plots = ("the quick brown fox", "jumps over the lazy dog", "yes or no", None)
    for key, plot in enumerate(plots):
        film = {"genres": ["Drama", "War"], "plot": plot and [plot], "title": "x"}
        (folder / "dataset" / f"{key}.json").write_text(json.dumps(film))
        Image.new("RGB", (8, 12), "blue").save(folder / "dataset" / f"{key}.jpeg")
    keys = [str(key) for key in range(len(plots))]
    (folder / "split.json").write_text(json.dumps({"train": [], "dev": keys, "test": []}))
    return folder


def test_ways_of_asking_that_a_task_of_several_labels_lacks_are_refused(
    tmp_path: Path, tiny_llama: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(write_films(tmp_path / "films")), "--annotator", str(tiny_llama)]
    flags = ["annotate", "--task", "mm_imdb_genres", "--source", "mm_imdb", "--split", "dev", *data]
    flags += ["--max-failed", "0.5", "--conversation", "raw"]
    assert main([*flags, "--mode", "constrain", "--out", str(tmp_path / "held")]) == 2
    assert "give --mode regex or rank" in capsys.readouterr().err
    assert main([*flags, "--mode", "rank", "--calibrate", "off", "--out", str(tmp_path / "bare")]) == 2
    assert "give --set-ranking yes_no" in capsys.readouterr().err
    assert main([*flags, "--mode", "regex", "--set-ranking", "yes_no", "--out", str(tmp_path / "free")]) == 2
    assert "--set-ranking yes_no is for --mode rank" in capsys.readouterr().err


def test_rows_of_several_labels_are_ranked_and_those_without_a_text_stay_failed(
    tmp_path: Path, tiny_llama: Path
) -> None:
    task = load_task("mm_imdb_genres")
    films = SourceChoice.of("mm_imdb", data=write_films(tmp_path / "films"), split="dev").documents(task)
    asked = AskFlags(annotator=str(tiny_llama), mode="rank", conversation="raw", images="off")
    pipeline = Labelling(task, films, asked).pipeline(tmp_path / "out")
    assert (pipeline.config["set_ranking"], pipeline.config["calibrate"]) == ("likelihood", True)
    table = pa.Table.from_pylist(list(films.rows()), schema=pipeline.input_schema())
    for actor in pipeline.actors:
        actor.load()
        table = apply(actor, table)
    rows = {row["id"].rsplit("/", 1)[-1]: row for row in table.to_pylist()}
    assert {key: row["reason"] for key, row in rows.items() if row["status"] != "live"} == {
        "3": "missing_field"
    }
    for key in ("0", "1", "2"):
        given = dict(zip(task.labels, rows[key]["label_scores"], strict=True))
        assert rows[key]["labels"] == [label for label, score in given.items() if score > 0]
        assert rows[key]["human_labels"] == ["Drama", "War"] and rows[key]["confidence"] >= 0.5


def test_the_model_set_decides_how_several_labels_are_ranked_unless_it_is_said() -> None:
    genres, one = load_task("mm_imdb_genres"), load_task("mm_imdb")
    source = TableSource(genres, Path("films.jsonl"))

    def way(task: Task, **flags: Any) -> tuple[str, bool]:
        actor = Labelling(task, source, AskFlags(images="off", **flags)).annotator()
        return actor.set_ranking, actor.calibrate

    assert way(genres) == ("likelihood", True)
    assert way(genres, set_ranking="yes_no", calibrate="off") == ("yes_no", False)
    assert way(genres, models="paper", mode="rank") == ("yes_no", False)
    assert way(genres, models="paper", mode="rank", set_ranking="likelihood") == ("likelihood", True)
    with pytest.raises(ValueError, match="--set-ranking likelihood is for .* with one; leave it out"):
        way(one, set_ranking="likelihood")
    assert LabelFlags(set_ranking="yes_no").ask("x").set_ranking == "yes_no"
