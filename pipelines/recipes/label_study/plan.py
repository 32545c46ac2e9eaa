"""What a label study would do: rows, a forecast of the labelling, and the trainings."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.engine.plan import Plan, plan_pipeline
from pipelines.engine.run import RunOptions
from pipelines.manifest import MANIFEST
from pipelines.recipes.label_study.flags import folder_name
from pipelines.recipes.label_study.rows import StudySplit
from pipelines.recipes.label_study.study import LabelStudy, check_study
from pipelines.recipes.summary import print_plan
from pipelines.reports.page.wording import count
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.terminal import duration, print_table


@dataclass(frozen=True)
class StudyPlan:
    """Rows per split, the forecast of each annotator (None: its labels are there), and trainings by part.

    Labels that turn out to be the same as others, or all of one kind, are not trained on, so there can be
    fewer trainings.
    """

    rows: dict[str, int]
    labelling: dict[str, Plan | None]
    trainings: dict[str, int]
    finished: int
    settings: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The plan as values that JSON has."""
        return asdict(self)


def plan_study(study: LabelStudy) -> StudyPlan:
    """Times a sample of the labelling and counts the rest; writes nothing under `out`.

    Raises:
        ValueError: whatever the study itself would refuse.
    """
    check_study(study)
    with tempfile.TemporaryDirectory(prefix="etiquette-plan-") as folder:
        splits = study.rows.write(Path(folder))
        rows = {
            name: len(StudySplit.read(manifest, study.space)) for name, manifest in splits.named().items()
        }
        labelling: dict[str, Plan | None] = {name: None for name, _ in study.annotators()}
        for name in study.labels.names(study.task):
            if not (study.own_run(name) / MANIFEST).is_file():
                rows_to_label = ManifestRows(splits.train.path)
                pipeline = study.labelling(name, rows_to_label).pipeline(study.own_run(name))
                labelling[folder_name(name)] = plan_pipeline(
                    pipeline, RunOptions(address=study.flags.address), sample_rows=32
                )
    finished = len(list(study.out.glob("*/trained/*/seed-*/training.json")))
    return StudyPlan(rows, labelling, _trainings(study), finished, study.settings())


def print_study_plan(plan: StudyPlan) -> None:
    """Prints rows, trainings and the forecasts."""
    lines: list[tuple[object, ...]] = [(f"{name} rows", number) for name, number in plan.rows.items()]
    lines += [(f"trainings: {name}", number) for name, number in plan.trainings.items()]
    lines += [("trainings in all", sum(plan.trainings.values())), ("  finished already", plan.finished)]
    lines += [(f"setting {name}", value) for name, value in plan.settings.items()]
    print_table("plan of the study", ("step", "number"), lines)
    for name, forecast in plan.labelling.items():
        if forecast is None:
            print(f"{name}: labelled already")
        else:
            print_plan(forecast)
            print(f"{name} labels the training rows in about {duration(forecast.hours[1] * 3600)}")


def _trainings(study: LabelStudy) -> dict[str, int]:
    classifiers, annotators = study.classifiers, len(study.annotators())
    seeds, cleaned = classifiers.seeds, classifiers.cleaning != "off"
    of_model = 2 + len(set(classifiers.keep)) + len(set(classifiers.mix)) + cleaned
    return {
        "human labels": seeds,
        "shares of the human labels": seeds * len({*classifiers.human, *classifiers.mix}),
        f"labels of {count(annotators, 'annotator')}": seeds * annotators * of_model,
        "folds for cleaning": annotators * classifiers.folds if classifiers.cleaning == "classifier" else 0,
    }
