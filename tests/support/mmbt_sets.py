"""Small sets to label, finished as runs, and a tiny MMBT whose backbone is one convolution."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from finished_run import write_finished
from tiny_mmbt import VOCABULARY, png, tiny_bert
from torch import nn

from actors.models.mmbt.model import MmbtModel
from actors.models.mmbt.network import Mmbt, MmbtConfig
from pipelines.manifest import Manifest
from pipelines.schema import base_schema, live_row
from trainers.loop.checkpoint import claim
from trainers.mmbt.prepared import SplitManifests, read_splits, write_prepared
from trainers.mmbt.rows import check_columns
from trainers.mmbt.run import MmbtRun
from trainers.mmbt.settings import POCKET, MmbtSettings

COLOURS = {"animal": (200, 20, 20), "food": (20, 200, 20), "place": (20, 20, 200)}
WORDS = {"animal": "red", "food": "green", "place": "blue"}
TEXT = pa.schema([*base_schema(), ("text", pa.string()), ("language", pa.string())])


def colour_rows(count: int, *, first: int = 0, several: bool = False) -> list[dict[str, Any]]:
    """Rows whose class stands in picture and text: the three classes take turns."""
    rows = []
    for number in range(first, first + count):
        label = list(COLOURS)[number % 3]
        labels = [label] if number % 4 else sorted({label, "place"})
        text = "a square on " * (number % 3) + " ".join(WORDS[one] for one in labels)
        human = {"human_labels": labels} if several else {"human_label": label}
        row = live_row(
            id=f"toy/{number:04d}", dataset="toy", task="label", images=[f"{label}.png"], text=text, **human
        )
        rows.append(row)
    return rows


def write_set(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A run folder with these rows in one shard, and a picture per class."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    for label, colour in COLOURS.items():
        (pictures / f"{label}.png").write_bytes(png(colour))
    several = any("human_labels" in row for row in rows)
    column = ("human_labels", pa.list_(pa.string())) if several else ("human_label", pa.string())
    table = pa.Table.from_pylist(rows, pa.schema([*TEXT, column]))
    return write_finished(folder, table, name="ingest", pictures=pictures)


def label_table(file: Path, labels: dict[str, Any], **weights: float) -> Path:
    """A label table; several labels where the values are lists."""
    several = any(isinstance(value, list) for value in labels.values())
    columns: dict[str, Any] = {"id": list(labels), "labels" if several else "label": list(labels.values())}
    if weights:
        columns["weight"] = [weights.get(name) for name in labels]
    pq.write_table(pa.table(columns), file)
    return file


def tiny_settings(bert: Path, **changes: Any) -> MmbtSettings:
    """The pocket preset on tiny random models."""
    values: dict[str, Any] = {
        "text_model": str(bert), "image_model": "resnet18@random", "max_text_tokens": 16, "image_tokens": 2,
        "learning_rate": 1e-2, "batch_size": 8, "micro_batch_size": 4, "epochs": 3, "patience": 9,
        "autocast": False, "dropout": 0.1,
    }  # fmt: skip
    return replace(POCKET, **(values | changes))


def build_convolution(config: MmbtConfig, seed: int, preset: str) -> MmbtModel:
    """A model on the tiny BERT in folder `config.text_model` with one convolution as its backbone."""
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(config.text_model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        features: Any = nn.Sequential(nn.Conv2d(3, 6, 16, stride=16), nn.BatchNorm2d(6))
        features = features.to(memory_format=torch.channels_last)  # as a pretrained one is
        bert = BertModel.from_pretrained(config.text_model, dtype=torch.float32)
        module = Mmbt(
            config,
            bert,
            features,
            channels=6,
            cls=VOCABULARY.index("[CLS]"),
            sep=VOCABULARY.index("[SEP]"),
        )
    return MmbtModel(module.eval(), tokenizer, preset=preset)


def build_slowly(config: MmbtConfig, seed: int, preset: str) -> MmbtModel:
    """The same model; every forward pass in training takes a moment, so that there is time to kill it."""

    def wait(module: nn.Module, arguments: Any) -> None:
        if module.training:
            time.sleep(0.15)

    model = build_convolution(config, seed, preset)
    model.module.register_forward_pre_hook(wait)
    return model


def small_settings(root: Path, **changes: Any) -> MmbtSettings:
    """`tiny_settings` on the tiny BERT, which is written under `root`."""
    bert = root / "bert"
    return tiny_settings(bert if bert.is_dir() else tiny_bert(bert), **changes)


def sources_of(train: list[Path], dev: Path | None = None, tests: list[Path] | None = None) -> SplitManifests:
    """The folders as a trainer's sources."""
    found = [Manifest.read(one) for one in train]
    stops = None if dev is None else Manifest.read(dev)
    judged = [Manifest.read(one) for one in tests or []]
    return SplitManifests(found, stops, judged, check_columns(found[0]))


def small_run(
    root: Path, out: Path, settings: MmbtSettings, *, session: str | None = None, several: bool = False
) -> MmbtRun:
    """A run over 26 rows to train, 9 to stop and 9 to test on, prepared on the first call for `out`."""
    if not (root / "train").is_dir():
        for name, first, count in (("train", 0, 26), ("dev", 30, 9), ("test", 40, 9)):
            write_set(root / name, colour_rows(count, first=first, several=several))
    run = MmbtRun(
        out, session or uuid.uuid4().hex[:8], settings, "pocket", out / "tokens", build=build_convolution
    )
    if not run.prepared.is_dir():
        rows = read_splits(sources_of([root / "train"], root / "dev", [root / "test"]))
        write_prepared(rows, None, run.prepared, classes=(), held_out=0.1, seed=settings.seed)
    claim(run)
    return run
