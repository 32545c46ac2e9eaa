"""`demo` and `quick`: real data, a small model, every label mode, and a report at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from actors.models.text_generator import GenerationParams
from actors.prompts.task import load_task
from pipelines.command_line.paths import absolute_paths
from pipelines.manifest import Manifest
from pipelines.recipes.annotate import AskFlags, Labelling
from pipelines.recipes.baseline import train_text_baseline
from pipelines.recipes.demo.rewriting import Sizes, demo_rewriting, one_ray
from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.splits import SplitFlags
from pipelines.sources.choice import SourceChoice
from pipelines.sources.packaged.easy_vqa import EasyVqa
from pipelines.sources.packaged.emoji import Emoji
from pipelines.sources.packaged.movie_snippets import MovieSnippets
from pipelines.sources.packaged.sms_spam import SmsSpam
from pipelines.sources.source import Source
from pipelines.terminal import duration, print_table

logger = logging.getLogger(__name__)

LANGUAGES = ("en", "fr", "de", "es")
Mode = Literal["regex", "rank", "constrain"]
MODES: tuple[Mode, ...] = ("rank", "constrain", "regex")
FREE_TEXT_TOKENS = 40  # enough for a label and a reason; the paper's 1024 take hours on two cores
QUICK_ROWS = 24


@dataclass(frozen=True)
class DemoSet:
    """A set that can be read now, the task it is for, and the rows a baseline may learn from."""

    task: str
    source: Source
    train: Source | None = None


@dataclass(frozen=True)
class DemoData:
    """`skipped` maps the task of a set that cannot be had to the reason."""

    sets: tuple[DemoSet, ...]
    skipped: Mapping[str, str]


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
    start = time.perf_counter()
    if "labels" in parts:
        data = prepare_demo_data(text_rows=text_rows, emojis=emojis)
        _label_and_report([run for item in data.sets for run in _runs(item, out)], out, start, data.skipped)
    if "manners" in parts:
        demo_rewriting(out / "manners", sizes)
    if "study" in parts:
        from pipelines.recipes.label_study.verb import label_study

        task, source, splits = demo_study(study.train, study.dev, study.test)
        classifiers = ClassifierFlags(seeds=study.seeds)
        label_study(task, out=out / "study", source=source, splits=splits, classifiers=classifiers)


def prepare_demo_data(
    *, text_rows: int = 100, emojis: int = 27, questions: int = 100, cache: Path | None = None
) -> DemoData:
    """Fetches what the demo labels; what cannot be fetched is left out with its reason.

    `emojis` pictures come once per language; without them (npm is missing, or its registry) `questions`
    of easy-VQA are the set with pictures. Text sets are balanced, and each has a training split.
    """
    skipped: dict[str, str] = {}
    candidates = [DemoSet("emoji_group", Emoji(languages=LANGUAGES, limit=emojis, cache=cache))]
    texts: dict[str, type[SmsSpam] | type[MovieSnippets]] = {"iad_1": SmsSpam, "iad_2": MovieSnippets}
    for task, kind in texts.items():
        judged, learnt = kind(limit=text_rows, balanced=True, cache=cache), kind(split="train", cache=cache)
        candidates.append(DemoSet(task, judged, learnt))
    sets = [item for item in candidates if _ready(item, skipped)]
    if "emoji_group" in skipped:
        fallback = DemoSet("easy_vqa", EasyVqa(limit=questions, balanced=True, cache=cache))
        sets = [item for item in [fallback] if _ready(item, skipped)] + sets
    return DemoData(tuple(sets), skipped)


def _ready(item: DemoSet, skipped: dict[str, str]) -> bool:
    try:
        item.source.check()
    except ValueError as error:
        logger.info("%s is skipped: %s", item.task, error)
        skipped[item.task] = str(error)
        return False
    return True


@absolute_paths
def quick(*, out: Path = Path("runs/quick"), rows: int = QUICK_ROWS) -> None:
    """Labels 24 text messages as spam or not, and writes a report: the first minute.

    Args:
        out: Folder for the run and the report.
        rows: How many messages.
    """
    start = time.perf_counter()
    run = DemoRun(DemoSet("iad_1", SmsSpam(limit=rows, balanced=True)), "rank", out / "iad_1-rank")
    _label_and_report([run], out, start, {})


def _label_and_report(runs: Sequence[DemoRun], out: Path, start: float, skipped: Mapping[str, str]) -> None:
    from pipelines.reports.annotation.page import write_report

    manifests = label(runs)
    page = write_report([run.out for run in runs], out / "report.html")
    print_results(manifests)
    for task, reason in skipped.items():
        print(f"{task} was skipped: {reason}")
    print(f"{duration(time.perf_counter() - start)} in all; the report: {page.resolve()}")


def label(runs: Sequence[DemoRun]) -> list[Manifest]:
    """The manifests of `runs`; one Ray serves those that are not finished."""
    with one_ray([run.out for run in runs], ("LabelAnnotator", 1), "ImageReader"):
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
    lines = [_line(manifest) for manifest in manifests]
    columns = ("task", "mode", "rows", "answered", "failed", "right of answered", "time")
    print_table("labelled by SmolLM2-135M (a pocket model: its quality is not the point)", columns, lines)


def _line(manifest: Manifest) -> tuple[str, ...]:
    rows = manifest.rows
    labels = (row.values() for row in manifest.table(["label", "human_label"]).to_pylist())
    pairs = [(label, human) for label, human in labels if label is not None and human is not None]
    right = sum(label == human for label, human in pairs)
    share = f"{right / len(pairs):.1%} ({right} of {len(pairs)})" if pairs else "none to judge"
    figures = (f"{rows['in']}", f"{rows['kept'] / rows['in']:.1%}", f"{rows['failed']}", share)
    config = manifest.config
    return (config["task"]["name"], config["mode"], *figures, duration(manifest.timings["wall_s"]))


def demo_study(train: int, dev: int, test: int) -> tuple[str, SourceChoice, SplitFlags]:
    """Task, source and splits: emojis with names in four languages; where npm or its registry is missing,
    easy-VQA in English."""
    task, source, languages = "emoji_group", SourceChoice.of(languages=LANGUAGES), len(LANGUAGES)
    try:
        source.documents(load_task(task)).check()
    except ValueError as error:
        logger.warning("easy-VQA in English takes the place of emojis: %s", error)
        task, source, languages = "easy_vqa", SourceChoice.of(balanced=True), 1
    learnt, stop, judged = (pictures * languages for pictures in (train, dev, test))
    return task, source, SplitFlags(train_rows=learnt, dev_rows=stop, test_rows=judged)
