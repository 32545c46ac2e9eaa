"""What is exported comes back as the same rows, in every format that is written."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from own_run import write_own_run
from PIL import Image

from pipelines.exports.export import export_run
from pipelines.manifest import Manifest
from pipelines.recipes.ingest import ingest_rows
from pipelines.schema import live_row
from pipelines.sources.choice import open_source

RECORDS: list[dict[str, Any]] = [
    {"id": "a/b.c", "instruction": "What colour is it?<image>", "response": "red", "images": "p/red.png"},
    {"id": "日 é", "instruction": "<image><image>?", "response": "x", "images": ["p/red.png", "p/blue.png"]},
    {"id": 7, "instruction": "Line one\r\nLine two\n\nLine four", "response": "Row one\n\nRow two\n- a\n- b"},
    {"id": 8.0, "instruction": "<image>What?", "response": 'He said "red", and left.', "images": "p/red.png"},
    {"id": "end", "instruction": "What is this?", "response": "blue\\n", "images": "p/blue.png"},
    {"id": "alone", "instruction": "<image>", "response": "A picture, alone.", "images": "p/blue.png"},
    {"id": "alpaca", "instruction": "Translate", "input": "Hallo", "output": "Hello"},
    {"id": "turns", "instruction": "Hi\n### Assistant: Yo.\n### Human: Bye", "response": "Good bye."},
]  # fmt: skip
BAD = [
    {"id": "mark", "instruction": "Explain the tag <image> in HTML.", "response": "The tag is img."},
    {"id": "respmark", "instruction": "What colour?", "response": "see <image> red", "images": "p/red.png"},
    {"id": "number", "instruction": "How many?", "response": 4},
]


@pytest.fixture
def run(tmp_path: Path) -> Manifest:
    (tmp_path / "p").mkdir()
    for colour in ("red", "blue"):
        Image.new("RGB", (8, 8), colour).save(tmp_path / "p" / f"{colour}.png")
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps(record) for record in [*RECORDS, *BAD]))
    return ingest_rows(open_source("pairs", data=tmp_path / "pairs.jsonl"), tmp_path / "run")


def pairs(manifest: Manifest) -> list[tuple[Any, ...]]:
    """Question, answer, pictures and what the system said, of every live row in any order."""
    rows = [row for row in manifest.table().to_pylist() if row["status"] == "live"]
    return sorted((row["instruction"], row["response"], row["images"], row.get("system")) for row in rows)


def as_sharegpt(folder: Path) -> Path:
    """WebDataset's records in one file; the pictures in the tars are those of the run."""
    records = []
    for file in sorted(folder.glob("*.tar")):
        with tarfile.open(file) as tar:
            names = [name for name in tar.getnames() if name.endswith(".json")]
            records += [json.loads(tar.extractfile(name).read()) for name in names]  # type: ignore[union-attr]
    (folder / "sharegpt.json").write_text(json.dumps(records))
    return folder / "sharegpt.json"


@pytest.mark.parametrize(
    ("kind", "source", "file"),
    [
        ("llava", "llava", "llava.json"),
        ("sharegpt", "sharegpt", "sharegpt.json"),
        ("parquet", "pairs", "data-00000.parquet"),
        ("webdataset", "sharegpt", None),
    ],
)
def test_a_set_that_was_exported_comes_back_as_the_same_rows(
    run: Manifest, tmp_path: Path, kind: Any, source: str, file: str | None
) -> None:
    assert run.rows == {"in": 11, "kept": 8, "dropped": 0, "failed": 3}
    tally = export_run(run.path, tmp_path / "set", kind)
    assert tally.exported.total() == 8
    data = tmp_path / "set" / file if file else as_sharegpt(tmp_path / "set")
    again = ingest_rows(open_source(source, data=data, image_root=tmp_path), tmp_path / "again")
    assert again.rows == {"in": 8, "kept": 8, "dropped": 0, "failed": 0}
    assert pairs(again) == pairs(run)
    assert again.image_root == str(tmp_path)


def test_a_conversation_with_a_system_text_comes_back_with_it(tmp_path: Path) -> None:
    said = (("system", "Be nice."), ("human", "Hi"), ("gpt", "Yo."))
    turns = [{"from": speaker, "value": text} for speaker, text in said]
    (tmp_path / "s.json").write_text(json.dumps([{"conversations": turns}]))
    run = ingest_rows(open_source("sharegpt", data=tmp_path / "s.json"), tmp_path / "run")
    for kind in ("sharegpt", "llava"):
        export_run(run.path, tmp_path / kind, kind)  # type: ignore[arg-type]
        source = open_source(kind, data=tmp_path / kind / f"{kind}.json")
        again = ingest_rows(source, tmp_path / f"again-{kind}")
        assert pairs(again) == pairs(run) == [("Hi", "Yo.", [], "Be nice.")]


def test_pf1m_names_every_picture_where_its_mark_was(tmp_path: Path) -> None:
    """No source reads PF-1M, so the test reads it."""
    rows = []
    for number, record in enumerate(RECORDS):
        if "<image>" in record.get("instruction", ""):
            row = live_row(id=f"a/{number}", dataset="a", task="t", response_original="raw")
            images = record["images"] if isinstance(record["images"], list) else [record["images"]]
            rows.append(row | record | {"id": row["id"], "images": images})
    folder = write_own_run(tmp_path / "run", rows, columns={"response_original": pa.string()})
    export_run(folder, tmp_path / "set", "pf1m")
    for row, record in zip(rows, json.loads((tmp_path / "set/pf1m.json").read_text()), strict=True):
        pieces = record["input"].split("<img_path>")
        assert pieces[1::2] == row["images"]
        assert "<image>".join(pieces[0::2]) == row["instruction"] and record["output"] == row["response"]
