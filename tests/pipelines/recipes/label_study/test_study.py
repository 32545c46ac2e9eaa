"""What a study knows of itself before it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from study_parts import TASK, noisy, pets_study, text_grid

from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags
from pipelines.recipes.label_study.grid import mmbt_grid
from pipelines.recipes.label_study.run import run_study
from pipelines.recipes.label_study.splits import Splits
from pipelines.recipes.label_study.study import LabelStudy, check_study
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


def test_two_annotators_of_one_name_are_refused(tmp_path):
    twice = LabelFlags(annotator=("a=/x", "a=/y"))
    with pytest.raises(ValueError, match="name them apart"):
        check_study(LabelStudy(TASK, tmp_path, labels=twice))


@pytest.mark.parametrize("name", ["robot-rows", "robot-mix10", "human-12.5pct", "robot-fold2"])
def test_an_annotator_named_like_what_is_made_of_another_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="name them otherwise"):
        check_study(LabelStudy(TASK, tmp_path, labels=LabelFlags(annotator=(f"{name}=/x",))))


def test_what_the_trainer_refuses_is_refused_before_anything_is_labelled(tmp_path):
    study = pets_study(tmp_path, noisy)
    wrong = replace(
        study, out=tmp_path / "new", classifiers=ClassifierFlags(training=("epohcs=4",)), trainer=mmbt_grid
    )
    with pytest.raises(
        ValueError, match="refuses its settings: --training: no setting 'epohcs'; did you mean 'epochs'"
    ):
        run_study(wrong)
    assert not wrong.out.exists()


def test_flags_about_labelling_mean_nothing_where_nobody_labels(tmp_path):
    study = pets_study(tmp_path, noisy)
    labels = replace(study.labels, mode="rank")
    with pytest.raises(ValueError, match="mode was set for annotators, and nobody labels"):
        check_study(replace(study, labels=labels))


def test_a_finished_study_needs_neither_its_trainer_nor_its_annotator_again(done):
    study, _, page = done

    def gone(settings, out, workers, *, check=False):
        raise ValueError("the trainer's models are gone")

    check_study(study)
    before = page.read_text()
    with pytest.raises(ValueError, match="are gone"):
        check_study(replace(study, trainer=gone, out=study.out.with_name("another")))
    check_study(replace(study, trainer=gone))
    other = replace(study.classifiers, training=("epohcs=4",))
    with pytest.raises(ValueError, match="are gone"):
        check_study(replace(study, trainer=gone, classifiers=other))
    assert page.read_text() == before


def test_a_given_run_with_other_labels_is_refused_before_anything_is_labelled(tmp_path):
    study = pets_study(tmp_path, noisy)
    other = replace(TASK, labels=("cat", "bird"), patterns={}, choices={}, positive=None)
    with pytest.raises(ValueError, match=r"answers with \['cat', 'dog'\].*\['cat', 'bird'\]"):
        run_study(replace(study, task=other, out=tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_study_in_which_nobody_labels_is_refused(done):
    study, _, _ = done
    nobody = replace(study, labels=LabelFlags(labelled=(study.labels.labelled[0].with_name("human"),)))
    with pytest.raises(ValueError, match="none 'human', with NAME=FOLDER"):
        check_study(nobody)


def test_a_folder_that_is_no_finished_run_is_refused(done, tmp_path):
    study, _, _ = done
    with pytest.raises(ValueError, match="robot"):
        check_study(replace(study, labels=LabelFlags(labelled=(tmp_path / "robot",))))


def test_a_setting_of_the_labelling_is_named_in_words(done):
    study, _, _ = done
    labels = replace(study.labels, set_ranking="yes_no")
    with pytest.raises(ValueError, match="set ranking was set for annotators, and nobody labels"):
        check_study(replace(study, labels=labels))
