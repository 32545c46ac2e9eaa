"""Whole runs of the classify verb over a tiny model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from filter_run import write_run
from tiny_mmbt import LABELS, png, tiny_mmbt

from actors.apply import apply
from actors.base import BadRow, Columns
from actors.models.mmbt.folder import save_mmbt
from pipelines.engine.run import RunOptions, run_pipeline
from pipelines.manifest import Manifest
from pipelines.recipes.classify import (
    ClassifierFlags,
    classifying_pipeline,
    figures_json,
    print_figures,
)
from pipelines.recipes.flags import PoolFlags
from pipelines.reports.classified.page import write_report
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.classified.scores import estimates
from pipelines.schema import LABEL_COLUMNS, MULTI_LABEL_COLUMNS, failed_row, live_row
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.source import Source

pytestmark = pytest.mark.usefixtures("shared_ray")

TEXTS = ("a red square", "", "blue squares", "green on a", "a", "a square on a square")
HUMAN = ("animal", "food", None, "weather", "place", "animal")


@dataclass
class Documents(Source):
    """Six documents, two of them with no picture that can be read, and one that arrives broken."""

    folder: Path
    multi_label: bool = False

    @property
    def columns(self) -> Columns:
        return MULTI_LABEL_COLUMNS if self.multi_label else LABEL_COLUMNS

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())

    def image_root(self) -> Path | None:
        return self.folder

    def rows(self):
        names = ("red.png", "red.png", "blue.png", "gone.png", None, "blue.png")
        for i, (text, label, name) in enumerate(zip(TEXTS, HUMAN, names)):
            several = None if label is None else [label, "food"] if label != "food" else ["food"]
            own = {"human_labels": several} if self.multi_label else {"human_label": label}
            row = live_row(id=f"doc/{i}", dataset="doc", task="label", text=text, language=None, **own)
            yield row | {"images": [name] if name else []}
        none = {"human_labels" if self.multi_label else "human_label": None}
        bad = BadRow("unreadable", "no text")
        yield failed_row(bad, id="doc/bad", dataset="doc", task="label", text=None, language=None, **none)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "red.png").write_bytes(png((255, 0, 0)))
    (folder / "blue.png").write_bytes(png((0, 0, 255)))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory, pictures) -> Manifest:
    folder = tmp_path_factory.mktemp("run")
    flags = ClassifierFlags(save_mmbt(tiny_mmbt(folder / "bert"), folder / "model"))
    pipeline = classifying_pipeline(Documents(pictures), folder / "out", flags, PoolFlags(cpus=1))
    return run_pipeline(pipeline, RunOptions(max_failed=0.5))


def rows_of(manifest: Manifest) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in manifest.table().to_pylist()}


def test_every_row_is_labelled_or_stays_marked(run):
    rows = rows_of(run)
    assert run.rows == {"in": 7, "kept": 6, "dropped": 0, "failed": 1}
    assert rows["doc/bad"]["label"] is None
    assert all(rows[f"doc/{i}"]["label"] in LABELS for i in range(6))
    assert "picture_square" not in run.schema
    assert [rows[f"doc/{i}"]["picture_missing"] for i in range(6)] == [False] * 3 + [True, True, False]


def test_figures_count_grey_pictures_empty_texts_and_strange_labels(run):
    figures = ClassifiedRun.of(run)
    assert len(figures.judged) == 6 and figures.given_labels.total() == 6 and figures.empty_texts == 1
    assert figures.problems == {"missing_image": 1, "no_picture": 1}
    assert figures.outside == {"weather": 1} and len(figures.truth) == 4
    rows = rows_of(run)
    right = sum(rows[f"doc/{i}"]["label"] == rows[f"doc/{i}"]["human_label"] for i in (0, 1, 4, 5))
    assert estimates(figures)["accuracy"].value == right / 4


def test_the_closing_table_says_it_in_words(run, capsys):
    print_figures(ClassifiedRun.of(run))
    said = capsys.readouterr().out
    assert "grey picture: missing_image" in said and "accuracy" in said
    assert "human label weather is none of the model's" in said
    plain = json.loads(json.dumps(figures_json(ClassifiedRun.of(run))))
    assert plain["figures"]["problems"] == {"missing_image": 1, "no_picture": 1}
    assert plain["figures"]["estimates"]["accuracy"]["rows"] == 4


def test_the_report_reads_what_the_verb_wrote(run, tmp_path):
    html = write_report([run.path], tmp_path / "page.html").read_text()
    assert "7 rows came in: 6 labelled, 1 failed." in html and run.config["weights_sha256"] in html
    assert "Judged by people&#x27;s labels: 4 rows; 2 not judged." in html
    assert html.count("data:image/jpeg") >= 2 and "The model saw a grey picture" in html


def test_several_labels_per_row_are_judged_as_sets(tmp_path, pictures):
    flags = ClassifierFlags(save_mmbt(tiny_mmbt(tmp_path / "bert", multi_label=True), tmp_path / "model"))
    rows = Documents(pictures, multi_label=True)
    pipeline = classifying_pipeline(rows, tmp_path / "out", flags)
    table = pa.Table.from_pylist(list(rows.rows()), schema=pipeline.input_schema())
    for group in pipeline.groups:
        group.stage.actor.load()
        table = apply(group.stage.actor, table)
    figures = ClassifiedRun.of(write_run(pipeline, table.select(pipeline.output_schema().names)))
    assert len(figures.truth) == 4 and figures.outside == {"weather": 1}
    assert set(estimates(figures)) == {"all labels right", "micro F1", "macro F1"}


def test_a_finished_run_is_returned_and_other_weights_are_refused(run, pictures):
    folder = run.path.parent
    flags = ClassifierFlags(folder / "model")
    again = run_pipeline(classifying_pipeline(Documents(pictures), run.path, flags))
    assert again.created == run.created
    other = tiny_mmbt(folder / "bert", labels=("x", "y"))
    flags = ClassifierFlags(save_mmbt(other, folder / "other"))
    with pytest.raises(ValueError, match="weights_sha256"):
        run_pipeline(classifying_pipeline(Documents(pictures), run.path, flags))


def test_rows_that_cannot_be_labelled_are_refused(run, tmp_path, pictures):
    flags = ClassifierFlags(run.path.parent / "model")
    with pytest.raises(ValueError, match="already"):
        classifying_pipeline(ManifestRows(run.path), tmp_path, flags)
    with pytest.raises(ValueError, match="no column text"):
        classifying_pipeline(ManifestRows(run.path, without=("text", "label")), tmp_path, flags)
