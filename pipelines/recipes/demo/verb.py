"""`demo` and `quick`: real data, a small model, every label mode, and a report at the end."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from actors.models.text_generator import GenerationParams
from actors.prompts.task import load_task
from cluster.capacity import Pool
from cluster.connect import connected
from pipelines.command_line.paths import absolute_paths
from pipelines.manifest import MANIFEST, Manifest
from pipelines.recipes.annotate import AskFlags, Labelling
from pipelines.recipes.baseline import train_text_baseline
from pipelines.recipes.demo.data import LANGUAGES, DemoSet, prepare_demo_data
from pipelines.recipes.demo.rewriting import Sizes, demo_rewriting
from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.splits import SplitFlags
from pipelines.sources.choice import SourceChoice
from pipelines.sources.packaged.sms_spam import SmsSpam
from pipelines.terminal import duration, print_table

logger = logging.getLogger(__name__)

Mode = Literal["regex", "rank", "constrain"]
MODES: tuple[Mode, ...] = ("rank", "constrain", "regex")
FREE_TEXT_TOKENS = 40  # enough for a label and a reason; the paper's 1024 take hours on two cores
QUICK_ROWS = 24


@dataclass(frozen=True)
class DemoRun:
    """One set in one mode, and the folder of its result."""

    demo_set: DemoSet
    mode: Mode
    out: Path
    baseline: Path | None = None

    def labelling(self) -> Labelling:
        ask = AskFlags(mode=self.mode, baseline=self.baseline)
        params = GenerationParams(max_new_tokens=FREE_TEXT_TOKENS)
        return Labelling(load_task(self.demo_set.task), self.demo_set.source, ask, params)


Part = Literal["labels", "manners", "study"]


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


@absolute_paths
def demo(
    *,
    out: Path = Path("runs/demo"),
    parts: tuple[Part, ...] = ("labels", "manners"),
    text_rows: int = 80,
    emojis: int = 18,
    sizes: Sizes = Sizes(),
    study: StudySizes = StudySizes(),
) -> None:
    """Labels real sets with SmolLM2-135M, then trains a rewriter and gives terse answers manners.

    `labels` asks the model in all three modes and writes a report. `manners` distorts polite responses,
    trains the pocket rewriter to undo it, rewrites drawn scenes and easy-VQA, filters and reports. `study`,
    which `make labels` runs, trains classifiers on the model's labels and on human ones, and compares them.

    The sets come out of package registries: emoji pictures with names in four languages, SMS spam and
    movie-review snippets. The model is a pocket one: its quality is not the point. A second run
    resumes, or finds everything done.

    Args:
        out: Folder for the runs and the reports.
        parts: What to run.
        text_rows: Rows of each text set.
        emojis: Emoji pictures; each is asked in four languages.
    """
    if "labels" in parts:
        _label_sets(out, text_rows, emojis)
    if "manners" in parts:
        demo_rewriting(out / "manners", sizes)
    if "study" in parts:
        demo_labels(out / "study", study)


def _label_sets(out: Path, text_rows: int, emojis: int) -> None:
    from pipelines.reports.annotation.page import write_report

    start = time.perf_counter()
    data = prepare_demo_data(text_rows=text_rows, emojis=emojis)
    runs = [run for item in data.sets for run in _runs(item, out)]
    manifests = label(runs)
    page = write_report([run.out for run in runs], out / "report.html")
    print_results(manifests)
    for task, reason in data.skipped.items():
        print(f"{task} was skipped: {reason}")
    print(f"{duration(time.perf_counter() - start)} in all; the report: {page.resolve()}")


@absolute_paths
def quick(*, out: Path = Path("runs/quick"), rows: int = QUICK_ROWS) -> None:
    """Labels 24 text messages as spam or not, and writes a report: the first minute.

    Args:
        out: Folder for the run and the report.
        rows: How many messages.
    """
    from pipelines.reports.annotation.page import write_report

    start = time.perf_counter()
    run = DemoRun(DemoSet("iad_1", SmsSpam(limit=rows, balanced=True)), "rank", out / "iad_1-rank")
    manifests = label([run])
    page = write_report([run.out], out / "report.html")
    print_results(manifests)
    print(f"{duration(time.perf_counter() - start)} in all; the report: {page.resolve()}")


def label(runs: Sequence[DemoRun]) -> list[Manifest]:
    """The manifests of `runs`; one Ray serves those that are not finished."""
    with ExitStack() as stack:
        if not all((run.out / MANIFEST).is_file() for run in runs):
            cores = float(os.cpu_count() or 1)
            stack.enter_context(
                connected([Pool("LabelAnnotator", 1, cores, 0.0), Pool("ImageReader", 1, 1.0, 0.0)])
            )
        manifests = []
        for number, run in enumerate(runs, 1):
            logger.info("%d/%d: %s, %s", number, len(runs), run.demo_set.task, run.mode)
            manifests.append(run.labelling().run(run.out))
    return manifests


def _runs(item: DemoSet, out: Path) -> list[DemoRun]:
    baseline = None
    if item.train is not None:
        baseline = out / f"{item.task}-baseline.jsonl"
        if not baseline.is_file():
            train_text_baseline(item.train, item.source, baseline)
    return [DemoRun(item, mode, out / f"{item.task}-{mode}", baseline) for mode in MODES]


def print_results(manifests: Sequence[Manifest]) -> None:
    """A line per run: rows, answered, right of the answered, the time."""
    print_table(
        "labelled by SmolLM2-135M (a pocket model: its quality is not the point)",
        ("task", "mode", "rows", "answered", "failed", "right of answered", "time"),
        [_line(manifest) for manifest in manifests],
    )


def _line(manifest: Manifest) -> tuple[str, ...]:
    rows = manifest.rows
    table = manifest.table(["label", "human_label"])
    pairs = [
        (given, human)
        for given, human in zip(table["label"].to_pylist(), table["human_label"].to_pylist(), strict=True)
        if given is not None and human is not None
    ]
    right = sum(given == human for given, human in pairs)
    share = f"{right / len(pairs):.1%} ({right} of {len(pairs)})" if pairs else "none to judge"
    return (
        manifest.config["task"]["name"],
        manifest.config["mode"],
        f"{rows['in']}",
        f"{rows['kept'] / rows['in']:.1%}",
        f"{rows['failed']}",
        share,
        duration(manifest.timings["wall_s"]),
    )


def demo_labels(out: Path, sizes: StudySizes) -> None:
    """Trains the pocket MMBT on human labels and on SmolLM2's, and writes the study's page to `out`."""
    from pipelines.recipes.label_study.verb import label_study

    task, source, splits = demo_study(sizes.train, sizes.dev, sizes.test)
    classifiers = ClassifierFlags(seeds=sizes.seeds)
    label_study(task, out=out, source=source, splits=splits, classifiers=classifiers)


def demo_study(train: int, dev: int, test: int) -> tuple[str, SourceChoice, SplitFlags]:
    """Task, source and splits: emojis with names in four languages; where npm or its registry is missing,
    easy-VQA in English."""
    task, source, languages = "emoji_group", SourceChoice.of(languages=LANGUAGES), len(LANGUAGES)
    try:
        source.documents(load_task(task)).check()
    except ValueError as error:
        logger.warning("easy-VQA in English takes the place of emojis: %s", error)
        task, source, languages = "easy_vqa", SourceChoice.of(balanced=True), 1
    return (
        task,
        source,
        SplitFlags(train_rows=train * languages, dev_rows=dev * languages, test_rows=test * languages),
    )
