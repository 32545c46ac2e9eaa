"""What would go wrong in a label study, found before anything is labelled."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from pipelines.engine.preflight import check_writable
from pipelines.manifest import MANIFEST, write_json
from pipelines.recipes.label_study.flags import LabelFlags
from pipelines.recipes.label_study.rows import check_answers
from pipelines.recipes.label_study.study import LabelStudy
from pipelines.recipes.label_study.training_labels import HUMAN

# Names that LabelMaker and fold_name give to what is made of an annotator's labels.
DERIVED = re.compile(r"-(rows|cleaned|top[\d.]+|mix[\d.]+|[\d.]+pct|fold\d+)$")


def check_study(study: LabelStudy) -> None:
    """Raises ValueError for the first thing that would stop the study: shares, names, given labels, splits,
    annotators, the trainer's settings, the folder."""
    study.classifiers.check()
    _check_names([name for name, _ in study.annotators()])
    for folder in study.labels.labelled:
        check_answers(folder, study.space)
    _check_used(study)
    source, _ = study.rows.sources()["train"]
    for name in study.labels.names(study.task):
        if not (study.own_run(name) / MANIFEST).is_file():
            study.labelling(name, source).annotator().check()
    if not _trained(study):
        _check_settings(study)
    check_writable(study.out)


def _check_names(names: list[str]) -> None:
    if HUMAN in names or len(set(names)) < len(names):
        raise ValueError(f"annotators go by {names}; name them apart, and none {HUMAN!r}, with NAME=FOLDER")
    derived = [name for name in names if DERIVED.search(name)]
    if derived:
        raise ValueError(
            f"annotators go by {derived}, as labels made from another's do; name them otherwise, with "
            "NAME=FOLDER or by renaming the run's folder"
        )
    if not names:
        raise ValueError("nobody labels; give --annotator or --labelled")


def _check_used(study: LabelStudy) -> None:
    """Refuses flags about labelling where nobody labels."""
    if study.labels.names(study.task):
        return
    standard = LabelFlags()
    for name in ("mode", "engine", "images", "set_ranking", "params", "engine_options", "pool"):
        if getattr(study.labels, name) != getattr(standard, name):
            raise ValueError(
                f"{name.replace('_', ' ')} was set for annotators, and nobody labels: --labelled gives all "
                "labels; leave it out, or name somebody with --annotator"
            )


def _trained(study: LabelStudy) -> bool:
    """Whether every training that an earlier start asked for is finished, with these settings, so that no
    model is needed."""
    files = [file for name in ("trainings", "folds-*") for file in study.out.glob(f"{name}/grid.json")]
    grids = {file: json.loads(file.read_text(encoding="utf-8")) for file in files}
    trained = [
        file.parent / "trained" / run["name"] / f"seed-{run['seed']}" / "training.json"
        for file, grid in grids.items()
        for run in grid["runs"]
    ]
    same = all(grid["settings"] == study.settings() for grid in grids.values())
    return same and (study.out / "study.json").is_file() and all(file.is_file() for file in trained)


def _check_settings(study: LabelStudy) -> None:
    """Asks the trainer, so that a misspelt --training does not wait for the labels."""
    with tempfile.TemporaryDirectory(prefix="etiquette-check-") as folder:
        grid = {"settings": study.settings(), "classes": list(study.task.labels)}
        file = write_json(Path(folder) / "grid.json", grid)
        study.trainer(file, Path(folder), study.classifiers.trainings_at_once, check=True)
