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
from actors.columns import arrow_types
from actors.labels.asking import label_fields
from actors.prompts.task import Task
from pipelines.manifest import Manifest, schema_json
from pipelines.metrics.label_space import LabelSpace
from pipelines.recipes.baseline import text_classifier
from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags
from pipelines.recipes.label_study.rows import StudySplit
from pipelines.recipes.label_study.splits import SplitFlags, StudyRows
from pipelines.recipes.label_study.study import LabelStudy
from pipelines.sources.choice import SourceChoice

WORDS = {"cat": ("purr", "claw", "mew", "whisker"), "dog": ("bark", "leash", "bone", "fetch")}
TASK = Task("pets", "Cat or dog?", ("cat", "dog"), "{document}\nCat or dog?", positive="dog")
NLI = Task("nli", "Which?", ("yes", "no"), "{document}")
PICTURES = 20
SHARES = ClassifierFlags(seeds=2, human=(0.05, 0.3), cleaning="classifier")


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


def annotated(
    rows: Manifest, folder: Path, label: Callable[[dict[str, Any]], Any], task: Task = TASK
) -> Path:
    """A finished annotation run over the rows, with the labels of a function; None: unanswered. How sure it
    is of a row has nothing to do with the row."""
    base, table = rows.arrow_schema(), rows.table()
    schema, column = (
        pa.schema([*base, *arrow_types(label_fields(task)).items()]),
        LabelSpace.of(task).label_column,
    )
    full = [dict.fromkeys(schema.names) | row for row in table.to_pylist()]
    for row in full:
        if row["status"] == "live":
            given = label(row)
            sure = row_seed(0, row["id"]) % 1000 / 1000
            row |= {column: given, "label_mode": "rank", "confidence": None if given is None else sure}
            row |= {"status": "dropped", "reason": "unanswered_unparsed"} if given is None else {}
    folder.joinpath("shards").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / "shards" / "a.parquet")
    reasons = {
        status: dict(Counter(row["reason"] for row in full if row["status"] == status))
        for status in ("dropped", "failed")
    }
    fields = asdict(rows) | {
        "path": folder,
        "name": "annotate",
        "config": {"task": json.loads(json.dumps(asdict(task), default=dict)), "mode": "rank",
                   "annotator": {"name": folder.name}, "use_images": False},
        "reasons": reasons,
        "shards": [{"path": "shards/a.parquet", "rows": len(full)}],
        "schema": schema_json(schema),
    }  # fmt: skip
    Manifest(**fields).write()
    return folder


def text_grid(settings: Path, out: Path, workers: int | None, *, check: bool = False) -> None:
    """Trains TF-IDF text models in place of MMBT, and leaves the same files."""
    grid = json.loads(settings.read_text())
    if check:
        return
    texts = _texts(grid["train"])
    for run in grid["runs"]:
        folder = out / run["name"] / f"seed-{run['seed']}"
        if (folder / "training.json").is_file():
            continue
        table = pq.read_table(run["labels"])
        several = "labels" in table.column_names
        targets = table["labels" if several else "label"].to_pylist()
        classes = grid["classes"] if several else sorted(set(targets))
        if several:
            targets = np.array([[name in row for name in classes] for row in targets])
        model = text_classifier(several=several)
        model.fit([texts[key] for key in table["id"].to_pylist()], targets)
        folder.mkdir(parents=True)
        for test in grid["test"]:
            file = folder / f"predictions-{Path(test).name}.parquet"
            _predict(model, _texts([test]), classes if several else None, file)
        (folder / "training.json").write_text(json.dumps({"labels": classes}))


def _texts(folders: list[str]) -> dict[str, str]:
    tables = [Manifest.read(folder).table(["id", "text"]) for folder in folders]
    return {row["id"]: row["text"] for table in tables for row in table.to_pylist()}


def _predict(model: Any, texts: dict[str, str], several: list[str] | None, file: Path) -> None:
    chances = model.predict_proba(list(texts.values()))
    answers: dict[str, Any] = {}
    if several is None:
        answers["label"] = [str(model.classes_[best]) for best in np.argmax(chances, axis=1)]
    else:
        marks = [np.flatnonzero(row > 0.5) for row in chances]
        answers["labels"] = pa.array([[several[n] for n in row] for row in marks], pa.list_(pa.string()))
    table = {"id": list(texts), **answers, "probabilities": chances.tolist()}
    pq.write_table(pa.table(table), file)


def noisy(row: dict[str, Any]) -> str | None:
    """The human label but for a third of the rows, and no answer for a tenth."""
    draw = row_seed(7, row["id"]) % 30
    other = {"cat": "dog", "dog": "cat"}[row["human_label"]]
    return None if draw < 3 else other if draw < 12 else row["human_label"]


def pets_study(folder: Path, label: Callable[[dict[str, Any]], Any], **changes: Any) -> LabelStudy:
    """A study of 300 training and 160 test rows, labelled by a function and learnt by text models."""
    files = SplitFlags(test_data=write_pets(folder / "test.jsonl", range(1000, 1160)), train_rows=300)
    source = SourceChoice.of(data=write_pets(folder / "train.jsonl", range(360)))
    rows = StudyRows(TASK, source, files).write(folder / "out" / "rows")
    labels = LabelFlags(labelled=(annotated(rows.train, folder / "robot", label),))
    settings = {"classifiers": SHARES, "trainer": text_grid} | changes
    return LabelStudy(TASK, folder / "out", source, files, labels, **settings)


def language_split(*languages: str) -> StudySplit:
    """Each picture in every language, in turn; half of the pictures are of each label."""
    pairs = [(language, number) for number in range(PICTURES) for language in languages]
    return StudySplit(
        LabelSpace.of(NLI),
        [f"{language}/{number}" for language, number in pairs],
        np.array([number % 2 for _, number in pairs], dtype=np.int32),
        [language for language, _ in pairs],
        [f"{number}.png" for _, number in pairs],
        0,
    )
