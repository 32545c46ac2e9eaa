"""`label-study`: the same classifier on labels by people and by models, judged by people (paper A §4.3)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import tyro

from actors.prompts.task import load_task
from pipelines.command_line.paths import absolute_paths
from pipelines.engine.run_folder import fresh_folder
from pipelines.recipes.flags import Flat
from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags, StudyRunFlags
from pipelines.recipes.label_study.splits import SplitFlags
from pipelines.sources.choice import SourceChoice
from pipelines.terminal import duration


@absolute_paths
def label_study(
    task: Annotated[str, tyro.conf.Positional],
    /,
    *,
    out: Path,
    source: SourceChoice = SourceChoice(),
    splits: Annotated[SplitFlags, Flat] = SplitFlags(),
    labels: Annotated[LabelFlags, Flat] = LabelFlags(),
    classifiers: Annotated[ClassifierFlags, Flat] = ClassifierFlags(),
    run: Annotated[StudyRunFlags, Flat] = StudyRunFlags(),
) -> None:
    """Trains the same classifier on human labels and on models' labels, and says which are good enough.

    Models label the training split; the test split keeps its human labels. The page says how far the labels
    agree, what training on each is worth, and how sure that is. The same command goes on where it stopped.

    Args:
        task: A shipped task (`list` shows them) or the path of your own task file.
        out: Folder for rows, labels, trainings, study.json and report.html.
    """
    # Here, so that no help waits for the parts of a study.
    from pipelines.recipes.label_study.plan import plan_study, print_study_plan
    from pipelines.recipes.label_study.run import print_study, run_study, write_study
    from pipelines.recipes.label_study.study import LabelStudy

    folder = fresh_folder(out) if run.fresh else out
    study = LabelStudy(load_task(task), folder, source, splits, labels, classifiers, run)
    if run.plan:
        plan = plan_study(study)
        print(json.dumps(plan.as_json(), indent=1)) if run.json else print_study_plan(plan)
        return
    start = time.perf_counter()
    figures = run_study(study)
    page = write_study(study, figures)
    print_study(figures)
    print(f"{duration(time.perf_counter() - start)} in all; the report: {page.resolve()}")
