"""A small rewritten data set with its pictures, tiny scoring models for it, and a filtered run of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from scoring_models import write_clip, write_nli, write_reward, write_sts

from actors.apply import apply
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.resume import balance
from pipelines.engine.run_folder import RunFolder
from pipelines.manifest import Manifest, schema_json
from pipelines.reasons import run_words
from pipelines.recipes.filter.settings import SCORES, Limits, ScoreFlags
from pipelines.recipes.filter.verb import filtering_pipeline
from pipelines.schema import Row, live_row
from pipelines.sources.source import Source

TWO = "There is a red square on the left.\n\nThe dog is big and it is blue."
# id, task, raw, rewritten, how decoding ended, planted fault, its place
ROWS = (
    ("good", "caption", "red square", "There is one red square in this picture.", "stop", None, None),
    ("two", "caption", "red square", TWO, "stop", "hallucinated_paragraph", "paragraph 1"),
    ("same", "caption", "a red square", "A red square.", "stop", "recased", "all"),
    ("short", "vqa", "blue", "Sure.", "stop", "too_short", "all"),
    ("cut", "vqa", "blue", "The color of the dog is", "length", "missing_end", "word 6"),
    ("loop", "vqa", "two", "I see two dogs. " * 4, "stop", "endless_repetition", "sentence 0"),
    ("answer", "vqa", "yes", "Yes, there is a dog on the left.", "stop", None, None),
    ("wrong", "vqa", "yes", "No, there is no dog in this picture.", "stop", "changed_answer", "answer"),
    (
        "change",
        "change_caption",
        "the dog is gone",
        "In the second picture the dog is gone.",
        "stop",
        None,
        None,
    ),
)


@dataclass
class Rewritten(Source):
    """`times` copies of ROWS with pictures under `root`."""

    root: Path
    times: int = 1
    lost_picture: bool = False

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        names = ("response_original", "finish_reason", "planted_fault", "fault_place")
        return dict.fromkeys(names, pa.string())

    def files(self) -> list[Path]:
        return []

    def image_root(self) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        return self.root

    def rows(self) -> Iterator[Row]:
        for colour in ("red", "blue"):
            Image.new("RGB", (24, 24), colour).save(self.image_root() / f"{colour}.png")
        for time in range(self.times):
            for name, task, raw, new, finish, fault, place in ROWS:
                images = ["red.png", "blue.png"] if task == "change_caption" else ["red.png"]
                if self.lost_picture and name == "two":
                    images = ["gone.png"]
                yield live_row(
                    id=f"tiny/all/{name}-{time}",
                    dataset="tiny" if task == "caption" else "tiny_qa",
                    task=task,
                    images=images,
                    instruction="What is in this picture?" + "<image>" * len(images),
                    response=new,
                    response_original=raw,
                    finish_reason=finish,
                    planted_fault=fault,
                    fault_place=place,
                )


def tiny_scores(root: Path) -> ScoreFlags:
    """Model flags that name tiny models under `root`, written there where they are missing."""
    writers = {"clip": write_clip, "nli": write_nli, "reward": write_reward, "sts": write_sts}
    for name, write in writers.items():
        if not (root / name).is_dir():
            write(root / name)
    return ScoreFlags(**{name: str(root / name) for name in writers})


RULES_ALONE = ScoreFlags(without=SCORES)
# No tiny model may decide, so that the drops are those of the rules.
OPEN = Limits(min_sts=-1.0, min_clip_score=-100.0, max_contradiction_lead=1e6)
TIMES = 30  # copies of every row in the run that pages are made of


def filtered_run(root: Path, *, times: int = 1, limits: Limits = OPEN) -> Manifest:
    """The finished run `root/filtered` over tiny models, made in this process without Ray."""
    rows = Rewritten(root / "pictures", times)
    return filtered_rows(root / "filtered", rows, limits=limits, scores=tiny_scores(root / "models"))


def filtered_rows(
    out: Path, rows: Source, *, limits: Limits = OPEN, scores: ScoreFlags = RULES_ALONE
) -> Manifest:
    """The finished run `out` of the rows, made in this process without Ray; by default no model scores."""
    pipeline = filtering_pipeline(rows, out, limits=limits, scores=scores)
    table = pa.Table.from_pylist(list(rows.rows()), schema=pipeline.input_schema())
    for actor in pipeline.actors:
        actor.load()
        table = apply(actor, table)
    return write_run(pipeline, table.select(pipeline.output_schema().names))


def write_run(pipeline: Pipeline, table: pa.Table) -> Manifest:
    """The manifest of `table` as the pipeline's output, in two shards."""
    folder = RunFolder(pipeline.out)
    folder.shards.mkdir(parents=True)
    half = table.num_rows // 2
    for number, part in enumerate((table.slice(0, half), table.slice(half))):
        pq.write_table(part, folder.shards / f"part-{number}.parquet")
    counts = balance(folder, iter(table["id"].to_pylist()), table.num_rows)
    manifest = Manifest(
        path=pipeline.out,
        name=pipeline.name,
        created="2026-01-01T00:00:00Z",
        command=["test"],
        config=dict(pipeline.config),
        determinism=dict(pipeline.determinism),
        versions={},
        git_commit=None,
        image_root=str(pipeline.source.image_root()),
        rows=counts.rows,
        reasons=counts.reasons,
        words=run_words(pipeline.actors, pipeline.source),
        shards=counts.shards,
        schema=schema_json(table.schema),
        timings={"wall_s": 1.0, "runs": 1, "finished": "2026-01-01T00:00:00Z", "stages": []},
    )
    manifest.write()
    return manifest
