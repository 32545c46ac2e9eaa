"""`demo --parts study`: are a small model's labels good enough? The whole label study on emojis."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from actors.prompts.task import load_task
from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.splits import SplitFlags
from pipelines.sources.choice import SourceChoice

logger = logging.getLogger(__name__)

LANGUAGES = ("en", "fr", "de", "es")


@dataclass(frozen=True)
class DemoStudy:
    """What is labelled, learnt from and judged by."""

    task: str
    source: SourceChoice
    splits: SplitFlags


@dataclass(frozen=True)
class StudySizes:
    """Pictures of `study`, each in every language."""

    train: int = 200
    """Pictures to learn from."""
    dev: int = 60
    """Pictures to stop by."""
    test: int = 250
    """Pictures to judge by."""
    seeds: int = 3
    """Trainings on each kind of label."""


def demo_labels(out: Path, sizes: StudySizes) -> None:
    """Trains the pocket MMBT on human labels and on SmolLM2's, and writes the study's page to `out`."""
    from pipelines.recipes.label_study.verb import label_study

    study = demo_study(sizes.train, sizes.dev, sizes.test)
    classifiers = ClassifierFlags(seeds=sizes.seeds)
    label_study(study.task, out=out, source=study.source, splits=study.splits, classifiers=classifiers)


def demo_study(train: int, dev: int, test: int) -> DemoStudy:
    """Emojis with names in four languages; where npm or its registry is missing, easy-VQA in English."""
    source, languages = SourceChoice.of(languages=LANGUAGES), len(LANGUAGES)
    task = "emoji_group"
    try:
        source.documents(load_task(task)).check()
    except ValueError as error:
        logger.warning("easy-VQA in English takes the place of emojis: %s", error)
        task, source, languages = "easy_vqa", SourceChoice.of(balanced=True), 1
    splits = SplitFlags(train_rows=train * languages, dev_rows=dev * languages, test_rows=test * languages)
    return DemoStudy(task, source, splits)
