"""Outputs of a finished MMBT training: model folder, figures, predictions and plots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.engine.run_folder import TRAINING
from pipelines.manifest import write_json
from pipelines.terminal import print_table
from trainers.loop.loss_plot import write_curves
from trainers.loop.metrics import run_record
from trainers.mmbt.figures import THRESHOLD, figures_of, probabilities, temperature_of
from trainers.mmbt.prepared import DEV, TRAIN, Prepared, Split
from trainers.mmbt.run import COURSE, MmbtRun

MODEL = "model"
FIGURES = {"accuracy": "accuracy", "micro_f1": "micro F1", "macro_f1": "macro F1", "auroc": "AUROC"}


def write_everything(run: MmbtRun, prepared: Prepared, identity: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of `training.json`, which is written last; needs the answers of a finished training."""
    answers = dict(np.load(run.answers))
    course = json.loads((run.out / COURSE).read_text())
    dev, several = prepared.split(DEV), prepared.multi_label
    temperature = temperature_of(answers[DEV][dev.known], dev.targets[dev.known], multi_label=several)
    tests = {one: _test(run, prepared, one, answers[f"test/{one}"], temperature) for one in prepared.tests}
    _plots(run.out, course["curve"])
    if run.keep_weights:
        save_model(run, prepared, temperature)
    record = run_record(
        run.out,
        {
            **identity,
            "labels": list(prepared.classes),
            "multi_label": several,
            "rows": prepared.counts,
            "steps": course["step"],
            **{name: course[name] for name in ("curve", "best_epoch", "ended")},
            "temperature": temperature,
            "dev": figures_of(
                answers[DEV], dev, prepared.classes, multi_label=several, temperature=temperature
            ),
            "tests": tests,
        },
    )
    write_json(run.out / TRAINING, record)
    return record


def save_model(run: MmbtRun, prepared: Prepared, temperature: float) -> None:
    """The model folder: pretrained parts, and the best epoch's weights on top."""
    import torch
    from safetensors.torch import load_file

    from actors.models.mmbt.folder import save_mmbt

    model = run.model(prepared)
    trained = {name.removeprefix("mmbt."): value for name, value in load_file(run.trained).items()}
    with torch.no_grad():
        for name, parameter in model.module.named_parameters():
            if name in trained:
                parameter.copy_(trained[name])
    model.temperature = temperature
    save_mmbt(model, run.out / MODEL)


def print_closing(out: Path) -> None:
    """Rows, epochs and every test set's figures as tables, and the path of the model."""
    record = json.loads((out / TRAINING).read_text())
    counts = record["rows"]
    lines = [
        (name, *_as_text(one, "read", "used"), _omissions(one), *_as_text(one, "grey", "empty_text"))
        for name, one in counts.items()
    ]
    print_table("rows", ["set", "read", "used", "left out", "grey picture", "empty text"], lines)
    for line in without_row(counts):
        print(line)
    shown = [(DEV, record["dev"]), *record["tests"].items()]
    lines = [
        (name, f"{one['scored']:,}", *[figure_words(one.get(key)) for key in FIGURES]) for name, one in shown
    ]
    print_table("figures, 95 % interval", ["set", "rows", *FIGURES.values()], lines)
    print(
        f"best epoch {record['best_epoch'] + 1} of {len(record['curve'])} ({record['ended']}), "
        f"temperature {record['temperature']:.2f}"
    )
    print(
        f"model: {out}/{MODEL}   figures: {out}/{TRAINING}   curves: {out}/loss.svg, {out}/dev.svg   "
        f"TensorBoard: {out}/tensorboard"
    )


def without_row(counts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line on the label table's ids that are no training row; an empty list where there are none."""
    number = counts[TRAIN].get("labels_without_row", 0)  # absent in records of older trainings
    return [f"ids of the label table that are no live training row: {number:,}"] if number else []


def figure_words(figure: Mapping[str, Any] | None) -> str:
    """`0.812 (0.780 to 0.841)`, or why there is none."""
    if figure is None or figure["value"] is None:
        return "undefined" if figure is None else figure["note"]
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _test(run: MmbtRun, prepared: Prepared, name: str, logits: Any, temperature: float) -> dict[str, Any]:
    split, several = prepared.split(f"test/{name}"), prepared.multi_label
    shares = probabilities(logits, multi_label=several, temperature=temperature)
    pq.write_table(predictions(split, shares, prepared), run.out / f"predictions-{name}.parquet")
    return figures_of(logits, split, prepared.classes, multi_label=several, temperature=temperature)


def predictions(split: Split, shares: Any, prepared: Prepared) -> pa.Table:
    """`id`, `human_label` or `human_labels`, `label` or `labels`, and `probabilities` in class order."""
    human_labels = [None if row is None else list(row) for row in split.labels]
    values = pa.array(shares.astype(np.float32).tolist(), pa.list_(pa.float32()))
    ids = pa.array(split.ids, pa.string())
    if prepared.multi_label:
        several = pa.list_(pa.string())
        label_lists = [[prepared.classes[i] for i in np.flatnonzero(row > THRESHOLD)] for row in shares]
        columns = {"human_labels": pa.array(human_labels, several), "labels": pa.array(label_lists, several)}
    else:
        best = [prepared.classes[i] for i in shares.argmax(axis=1)]
        human = [row[0] if row else None for row in human_labels]
        columns = {"human_label": pa.array(human, pa.string()), "label": pa.array(best, pa.string())}
    return pa.table({"id": ids, **columns, "probabilities": values})


def _plots(out: Path, curve: list[dict[str, Any]]) -> None:
    losses = {"training": [p["train_loss"] for p in curve], "dev": [p["dev_loss"] for p in curve]}
    write_curves(losses, out / "loss.svg", title="Mean loss", axis="epoch")
    figures = {
        words: [point[f"dev_{name}"] for point in curve]
        for name, words in FIGURES.items()
        if all(point[f"dev_{name}"] is not None for point in curve)
    }
    write_curves(figures, out / "dev.svg", title="Dev set", axis="epoch")


def _as_text(counts: Mapping[str, Any], *names: str) -> list[str]:
    return [f"{counts[name]:,}" for name in names]


def _omissions(counts: Mapping[str, Any]) -> str:
    names = ("not_live", "unlabelled", "not_in_table", "repeated", "tested", "held_out")
    parts = [f"{name.replace('_', ' ')} {counts[name]:,}" for name in names if counts[name]]
    outside = [f"label {name!r} outside the list {count:,}" for name, count in counts["outside"].items()]
    return ", ".join(parts + outside) or "none"
