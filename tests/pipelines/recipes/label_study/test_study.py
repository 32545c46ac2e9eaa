"""What a study knows of itself before it runs."""

from __future__ import annotations

from pathlib import Path

from study_parts import TASK, text_grid

from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags
from pipelines.recipes.label_study.splits import Splits
from pipelines.recipes.label_study.study import LabelStudy
from pipelines.sources.choice import SourceChoice
from pipelines.sources.manifest_rows import ManifestRows


def test_given_runs_come_before_the_studys_own_and_go_by_their_folders_names(tmp_path: Path) -> None:
    labels = LabelFlags(labelled=(Path("runs/vicuna 13b"),), annotator=("mine=/models/v1", "lmsys/vicuna-7b"))
    study = LabelStudy(TASK, tmp_path, labels=labels)
    assert study.annotators() == [
        ("vicuna-13b", Path("runs/vicuna 13b")),
        ("mine", tmp_path / "labelled" / "mine"),
        ("lmsys-vicuna-7b", tmp_path / "labelled" / "lmsys-vicuna-7b"),
    ]


def test_annotators_are_asked_as_the_flags_say(tmp_path: Path) -> None:
    study = LabelStudy(TASK, tmp_path, labels=LabelFlags(mode="rank", images="off"))
    rows = ManifestRows(tmp_path)
    labelling = study.labelling("smollm2-135m", rows)
    assert (labelling.task, labelling.source) == (TASK, rows)
    assert (labelling.ask.annotator, labelling.ask.mode, labelling.ask.images) == (
        "smollm2-135m",
        "rank",
        "off",
    )


def test_every_grid_of_a_study_has_its_settings_and_its_own_folder(done, tmp_path: Path) -> None:
    study, _, _ = done
    splits = study.rows.write(study.out / "rows")
    grid = study.grid("folds-3", Splits(splits.train, splits.dev, splits.train))
    assert grid.out == study.out / "folds-3" and grid.test is splits.train
    assert grid.settings == study.settings() == {"preset": "pocket"} and grid.trainer is text_grid


def test_seeds_count_from_nought(tmp_path: Path) -> None:
    study = LabelStudy(TASK, tmp_path, SourceChoice(), classifiers=ClassifierFlags(seeds=4))
    assert list(study.seeds) == [0, 1, 2, 3]
