"""What the flags of a study come to."""

from __future__ import annotations

import pytest
from study_parts import TASK

from actors.models.catalog.annotators import find_annotator
from actors.prompts.task import load_task
from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags, folder_name


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


def test_settings_of_the_trainer_are_read_from_the_command_line():
    flags = ClassifierFlags(
        training=("epochs=4", "learning-rate=3e-4", "image-model=resnet18", "autocast=false")
    )
    assert flags.settings(TASK, "pocket") == {
        "preset": "pocket", "epochs": 4, "learning_rate": 3e-4, "image_model": "resnet18", "autocast": False,
    }  # fmt: skip
    assert flags.settings(TASK, "paper")["preset"] == "mmbt"
    with pytest.raises(ValueError, match="is not NAME=VALUE"):
        ClassifierFlags(training=("epochs",)).settings(TASK, "pocket")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"keep": (1.5,)}, "--keep 1.5"),
        ({"mix": (0.0,)}, "--mix"),
        ({"seeds": 0}, "--seeds"),
        ({"folds": 1}, "--folds"),
    ],
)
def test_shares_and_numbers_that_cannot_be_are_refused(flags, words):
    with pytest.raises(ValueError, match=words):
        ClassifierFlags(**flags).check()


def test_an_annotators_folder_is_named_after_it():
    assert folder_name("mine=/models/v1") == "mine"
    assert folder_name("lmsys/vicuna-7b") == "lmsys-vicuna-7b"
    assert folder_name("/") == "annotator"
