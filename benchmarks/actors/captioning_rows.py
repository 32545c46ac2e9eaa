"""Rewritten rows in the manner of COCO and VQA v2: five captions and four questions to a picture."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import pyarrow as pa

from actors.apply import apply
from actors.pictures.image_reader import ImageReader
from pipelines.schema import Row, base_schema, live_row
from pipelines.sources.scenes.captions import five_captions
from pipelines.sources.scenes.drawing import save_picture
from pipelines.sources.scenes.polite import polite_answer, polite_caption
from pipelines.sources.scenes.questions import ask
from pipelines.sources.scenes.rows import DETAIL_REQUESTS
from pipelines.sources.scenes.world import Scene, draw_scene

QUESTIONS, SIDE = 4, 480
RAW = pa.field("response_original", pa.string())


def captioning_table(pictures: int) -> pa.Table:
    """Nine rows to a picture in random order, pictures read; captions in one or two paragraphs."""
    rng = Random(0)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for number in range(pictures) for row in _rows(number, Path(folder), rng)]
        rng.shuffle(rows)
        table = pa.Table.from_pylist(rows, schema=pa.schema([*base_schema(), RAW]))
        return apply(ImageReader(folder), table)


def _rows(number: int, folder: Path, rng: Random) -> list[Row]:
    scene = draw_scene(0, "test", number)
    image = save_picture(scene, SIDE, folder)
    captions = [
        (rng.choice(DETAIL_REQUESTS), caption, polite_caption(scene, rng, rng.choice((1, 2))))
        for caption in five_captions(scene, rng)
    ]
    return [_row("caption", f"{number}-{i}", image, texts) for i, texts in enumerate(captions)] + [
        _row("vqa", f"{number}-q{i}", image, texts) for i, texts in enumerate(_questions(scene, rng))
    ]


def _questions(scene: Scene, rng: Random) -> list[tuple[str, str, str]]:
    asked = [ask(scene, rng) for _ in range(QUESTIONS)]
    return [(question.question, question.answer, polite_answer(question, rng)) for question in asked]


def _row(task: str, name: str, image: str, texts: tuple[str, str, str]) -> Row:
    instruction, raw, response = texts
    return live_row(
        id=f"captioning/{name}",
        dataset="captioning",
        task=task,
        images=[image],
        instruction=f"{instruction}<image>",
        response=response,
        response_original=raw,
    )
