"""The parts of a label study on small files: a task, rows, an annotator's run, and a quick trainer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from actors.base import row_seed
from actors.label_modes import LABEL_FIELDS
from actors.prompts.task import Task
from pipelines.manifest import Manifest, schema_json
from pipelines.recipes.baseline import text_classifier

WORDS = {"cat": ("purr", "claw", "mew", "whisker"), "dog": ("bark", "leash", "bone", "fetch")}
TASK = Task("pets", "Cat or dog?", ("cat", "dog"), "{document}\nCat or dog?", positive="dog")


def pet_row(number: int) -> dict[str, Any]:
    """A text of common words with two that tell, one time in eight those of the other pet."""
    label = ("cat", "dog")[number % 2]
    telling = WORDS[label if number % 8 else "dog"]
    words = [f"word{row_seed(number, str(place)) % 40}" for place in range(6)]
    words += [telling[row_seed(number, "a") % 4], telling[row_seed(number, "b") % 4]]
    return {"id": f"{number:04}", "text": " ".join(words), "label": label}


def write_pets(file: Path, rows: range) -> Path:
    """A JSONL file of pet rows."""
    file.write_text("".join(json.dumps(pet_row(number)) + "\n" for number in rows))
    return file


def annotated(rows: Manifest, folder: Path, label: Callable[[dict[str, Any]], str | None]) -> Path:
    """A finished annotation run over the rows, with the labels of a function; None: unanswered. A row is the
    surer the more often its text tells."""
    base, table = rows.arrow_schema(), rows.table()
    schema = pa.schema([*base, *LABEL_FIELDS.items()])
    full = [dict.fromkeys(schema.names) | row for row in table.to_pylist()]
    for row in full:
        if row["status"] == "live":
            given = label(row)
            sure = row_seed(0, row["id"]) % 1000 / 1000
            row |= {"label": given, "label_mode": "rank", "confidence": sure if given else None}
            row |= {} if given else {"status": "dropped", "reason": "unanswered_unparsed"}
    folder.joinpath("shards").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / "shards" / "a.parquet")
    reasons = {
        status: dict(Counter(row["reason"] for row in full if row["status"] == status))
        for status in ("dropped", "failed")
    }
    fields = asdict(rows) | {
        "path": folder,
        "name": "annotate",
        "config": {"task": json.loads(json.dumps(asdict(TASK), default=dict)), "mode": "rank",
                   "annotator": {"name": folder.name}, "use_images": False},
        "reasons": reasons,
        "shards": [{"path": "shards/a.parquet", "rows": len(full)}],
        "schema": schema_json(schema),
    }  # fmt: skip
    Manifest(**fields).write()
    return folder


def text_grid(settings: Path, out: Path, workers: int | None) -> None:
    """Trains TF-IDF text models in place of MMBT, and leaves the same files."""
    grid = json.loads(settings.read_text())
    texts = _texts(grid["train"])
    for run in grid["runs"]:
        folder = out / run["name"] / f"seed-{run['seed']}"
        if (folder / "training.json").is_file():
            continue
        table = pq.read_table(run["labels"])
        model = text_classifier().fit(
            [texts[key] for key in table["id"].to_pylist()], table["label"].to_pylist()
        )
        folder.mkdir(parents=True)
        for test in grid["test"]:
            _predict(model, _texts([test]), folder / f"predictions-{Path(test).name}.parquet")
        (folder / "training.json").write_text(json.dumps({"labels": list(model.classes_)}))


def _texts(folders: list[str]) -> dict[str, str]:
    tables = [Manifest.read(folder).table(["id", "text"]) for folder in folders]
    return {row["id"]: row["text"] for table in tables for row in table.to_pylist()}


def _predict(model: Any, texts: dict[str, str], file: Path) -> None:
    chances = model.predict_proba(list(texts.values()))
    labels = [str(model.classes_[best]) for best in np.argmax(chances, axis=1)]
    table = {"id": list(texts), "label": labels, "probabilities": chances.tolist()}
    pq.write_table(pa.table(table), file)
