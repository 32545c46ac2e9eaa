"""The whole study on three hundred small texts, with a text model in place of MMBT."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from study_parts import TASK, annotated, text_grid, write_pets

from actors.base import row_seed
from actors.models.catalog.annotators import find_annotator
from actors.prompts.task import load_task
from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.reasons import reason_words
from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags
from pipelines.recipes.label_study.grid import mmbt_grid
from pipelines.recipes.label_study.plan import plan_study
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.splits import SplitFlags, StudyRows
from pipelines.recipes.label_study.verb import LabelStudy
from pipelines.reports.label_study.figures import ACCURACY
from pipelines.reports.label_study.verdict import verdicts
from pipelines.sources.choice import SourceChoice

SHARES = ClassifierFlags(seeds=2, human=(0.05, 0.3), cleaning="classifier")


def noisy(row):
    """The human label but for a third of the rows, and no answer for a tenth."""
    draw = row_seed(7, row["id"]) % 30
    other = {"cat": "dog", "dog": "cat"}[row["human_label"]]
    return None if draw < 3 else other if draw < 12 else row["human_label"]


def study_of(folder: Path, label, **changes) -> LabelStudy:
    files = SplitFlags(test_data=write_pets(folder / "test.jsonl", range(1000, 1160)), train_rows=300)
    source = SourceChoice.of(data=write_pets(folder / "train.jsonl", range(360)))
    rows = StudyRows(TASK, source, files).write(folder / "out" / "rows")
    run = annotated(rows.train, folder / "robot", label)
    labels = LabelFlags(labelled=(run,))
    settings = {"classifiers": SHARES, "trainer": text_grid} | changes
    return LabelStudy(TASK, folder / "out", source, files, labels, **settings)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    study = study_of(tmp_path_factory.mktemp("study"), noisy)
    figures = study.run()
    return study, figures, study.write(figures)


def test_every_label_source_of_the_paper_and_the_issue_is_trained(done):
    _, figures, _ = done
    kinds = {source.kind for source in figures.sources if source.figures}
    assert kinds == {"human", "model", "same_rows", "filtered", "cleaned", "mixture", "human_share"}
    assert all(len(source.per_seed[ACCURACY]) == 2 for source in figures.sources)


def test_human_labels_win_over_labels_of_which_a_third_is_wrong(done):
    _, figures, _ = done
    [verdict] = verdicts(figures)
    assert verdict.outcome == "human labels win"
    found = figures.source("robot").against_human[ACCURACY]
    assert found.estimate.value == pytest.approx(
        figures.source("human").figures[ACCURACY].value - figures.source("robot").figures[ACCURACY].value
    )
    assert found.estimate.low > 0 and found.p_value < 0.05


def test_unanswered_rows_are_left_out_and_counted(done):
    _, figures, _ = done
    [robot] = figures.annotators
    unanswered = int(robot.confusion[:, -1].sum())
    assert robot.reasons == {"unanswered_unparsed": unanswered} and unanswered > 10
    assert figures.source("robot").num_labels == 300 - unanswered
    assert figures.source("robot-rows").num_labels == 300 - unanswered
    assert robot.answer_rate.value == pytest.approx((300 - unanswered) / 300)


def test_cleaning_takes_away_more_wrong_labels_than_right_ones(done):
    _, figures, _ = done
    cleaned, whole = figures.source("robot-cleaned"), figures.source("robot")
    assert cleaned.num_labels < whole.num_labels
    assert cleaned.label_accuracy.value > whole.label_accuracy.value + 0.05


def test_a_mixture_has_its_share_of_human_labels(done):
    _, figures, _ = done
    mixture = figures.source("robot-mix10")
    assert mixture.num_human == 30
    assert mixture.label_accuracy.value > figures.source("robot").label_accuracy.value


def test_the_study_is_written_as_json_and_as_a_page(done):
    study, figures, page = done
    written = json.loads((study.out / "study.json").read_text())
    assert [source["name"] for source in written["sources"]] == [source.name for source in figures.sources]
    assert written["verdicts"]["robot"].startswith("Human labels win")
    html = page.read_text()
    assert "Human labels win" not in html and "human labels win" in html
    for words in ("Noise transition matrix", "Accuracy against the number of human labels", "0.64", "0.75"):
        assert words in html
    assert not re.search(r"https?://", html)


def test_the_same_command_again_trains_nothing(done):
    study, _, page = done
    before = page.read_text()
    trained = {file: file.stat().st_mtime_ns for file in study.out.glob("*/trained/*/*/training.json")}
    labels = {file: file.stat().st_mtime_ns for file in study.out.glob("*/labels/*/*.parquet")}
    assert study.write(study.run()).read_text() == before
    assert {file: file.stat().st_mtime_ns for file in trained} == trained
    assert {file: file.stat().st_mtime_ns for file in labels} == labels


def test_a_plan_counts_rows_and_trainings_and_writes_nothing(done, tmp_path):
    study, _, _ = done
    plan = plan_study(study)
    assert plan.rows == {"train": 300, "dev": 33, "test": 160} and plan.labelling == {"robot": None}
    # human; 5, 10 and 30 % of it; model, its rows, surest half, cleaned, mixture; two seeds, and three folds
    assert plan.trainings["human labels"] == 2 and sum(plan.trainings.values()) == 2 * (1 + 3 + 5) + 3
    assert plan.finished == 21


def test_a_model_that_always_says_the_same_is_not_trained_and_the_page_says_so(tmp_path):
    study = study_of(tmp_path, lambda row: "cat", classifiers=ClassifierFlags(seeds=1, human=(0.3,)))
    figures = study.run()
    assert "are all “cat”" in figures.source("robot").not_run
    assert verdicts(figures)[0].outcome == "not run"
    assert figures.source("robot-mix10").figures
    assert "nothing to tell apart" in study.write(figures).read_text()


def test_a_model_that_is_always_right_has_the_human_labels(tmp_path):
    study = study_of(tmp_path, lambda row: row["human_label"], classifiers=ClassifierFlags(seeds=1))
    figures = study.run()
    assert figures.source("robot").same_as == "human"
    assert figures.source("robot").figures == figures.source("human").figures
    assert "nothing to compare" in verdicts(figures)[0].words


def test_training_rows_of_one_human_label_are_refused(tmp_path):
    study = study_of(tmp_path, noisy)
    one = replace(study, out=tmp_path / "one", splits=replace(study.splits, train_rows=1))
    with pytest.raises(ValueError, match=r"1 labels are all .*--train-rows"):
        one.run()


def test_the_paper_decides_who_labels():
    labels = LabelFlags(models="paper")
    assert labels.names(load_task("hateful_memes")) == ("instructblip-vicuna-7b",)
    assert labels.names(load_task("mm_imdb")) == ("instructblip-flan-t5-xxl",)
    assert labels.names(load_task("mm_imdb_genres")) == ("instructblip-flan-t5-xxl",)
    assert labels.names(load_task("iad_1")) == ("vicuna-13b-v1.5",)
    assert LabelFlags().names(load_task("mm_imdb")) == ("smollm2-135m",)
    for task in ("hateful_memes", "mm_imdb"):
        [name] = labels.names(load_task(task))
        assert find_annotator(name).uses_image and labels.ask(name).models == "paper"


def test_two_annotators_of_one_name_are_refused(tmp_path):
    twice = LabelFlags(annotator=("a=/x", "a=/y"))
    with pytest.raises(ValueError, match="name them apart"):
        LabelStudy(TASK, tmp_path, labels=twice).check()


@pytest.mark.parametrize("name", ["robot-rows", "robot-mix10", "human-12.5pct", "robot-fold2"])
def test_an_annotator_named_like_what_is_made_of_another_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="name them otherwise"):
        LabelStudy(TASK, tmp_path, labels=LabelFlags(annotator=(f"{name}=/x",))).check()


def test_training_rows_that_the_run_never_held_are_counted(done, tmp_path):
    study, _, _ = done
    train = StudySplit.read(study.rows.write(study.out / "rows").train, LabelSpace.of(TASK))
    more = replace(train, ids=[*train.ids, "file/9999"])
    found = Annotation.read("robot", study.labels.labelled[0], more)
    assert found.reasons["not_in_run"] == 1 and found.codes[-1] == NO_LABEL
    assert reason_words("not_in_run") == "the annotation run does not hold the row"


def test_what_the_trainer_refuses_is_refused_before_anything_is_labelled(tmp_path):
    study = study_of(tmp_path, noisy)
    wrong = replace(
        study, out=tmp_path / "new", classifiers=ClassifierFlags(training=("epohcs=4",)), trainer=mmbt_grid
    )
    with pytest.raises(
        ValueError, match="refuses its settings: --training: no setting 'epohcs'; did you mean 'epochs'"
    ):
        wrong.run()
    assert not wrong.out.exists()


def test_flags_about_labelling_mean_nothing_where_nobody_labels(tmp_path):
    study = study_of(tmp_path, noisy)
    labels = replace(study.labels, mode="rank")
    with pytest.raises(ValueError, match="mode was set for annotators, and nobody labels"):
        replace(study, labels=labels).check()


def test_a_finished_study_needs_neither_its_trainer_nor_its_annotator_again(done):
    study, _, page = done

    def gone(settings, out, workers, *, check=False):
        raise ValueError("the trainer's models are gone")

    study.check()
    before = page.read_text()
    with pytest.raises(ValueError, match="are gone"):
        replace(study, trainer=gone, out=study.out.with_name("another")).check()
    replace(study, trainer=gone).check()
    other = replace(study.classifiers, training=("epohcs=4",))
    with pytest.raises(ValueError, match="are gone"):
        replace(study, trainer=gone, classifiers=other).check()
    assert page.read_text() == before


def test_a_given_run_with_other_labels_is_refused_before_anything_is_labelled(tmp_path):
    study = study_of(tmp_path, noisy)
    other = replace(TASK, labels=("cat", "bird"), patterns={}, choices={}, positive=None)
    with pytest.raises(ValueError, match=r"answers with \['cat', 'dog'\].*\['cat', 'bird'\]"):
        replace(study, task=other, out=tmp_path / "new").run()
    assert not (tmp_path / "new").exists()
