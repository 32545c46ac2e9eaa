"""Rewritten responses with pictures for the scorers, tiny models for them, and a scorer that is ready."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image
from scoring_models import write_clip, write_nli, write_reward, write_sts

from pipelines.schema import base_schema, live_row

QUESTION = "what color is it<image>"
TWO = "there is a red square. it is big.\n\nthe dog is on the left."


def picture(colour: str) -> bytes:
    """A PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (20, 30), colour).save(out, "PNG")
    return out.getvalue()


def row(name: str, response: str | None, original: str | None, **columns: Any) -> dict[str, Any]:
    """A live row of a caption, without pictures unless `columns` has some."""
    base = live_row(id=name, dataset="d", task=columns.pop("task", "caption"), instruction=QUESTION)
    return base | {"response": response, "response_original": original, "image_bytes": []} | columns


def rows_table(*rows: dict[str, Any]) -> pa.Table:
    """The rows as a stage gets them."""
    extra = [("response_original", pa.string()), ("image_bytes", pa.list_(pa.binary()))]
    return pa.Table.from_pylist(list(rows), schema=pa.schema([*base_schema(), *extra]))


def model_folders(root: Path) -> dict[str, str]:
    """Folders of tiny models by role, written under `root`."""
    writers = {"clip": write_clip, "nli": write_nli, "reward": write_reward, "sts": write_sts}
    return {name: str(write(root / name)) for name, write in writers.items()}


def loaded(actor: Any) -> Any:
    """The actor, checked and with its model in memory."""
    actor.check()
    actor.load()
    return actor


TABLE = rows_table(
    row("a", TWO, "red square", image_bytes=[picture("red")]),
    row("b", "the dog is big", "a dog", image_bytes=[picture("red"), picture("blue")]),
    row("c", "it is blue.", "blue", task="vqa", image_bytes=[picture("blue")]),
    row("d", "a long story", "story", task="text"),
)
