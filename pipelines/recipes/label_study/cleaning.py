"""Finds labels of a model that are probably wrong: confident learning on out-of-fold probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actors.base import LIVE
from pipelines.manifest import Manifest
from pipelines.metrics.intervals.proportions import Floats
from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL, Codes
from pipelines.recipes.baseline import text_classifier
from pipelines.recipes.ingest import ingest_rows
from pipelines.recipes.label_study.grid import Grid, Training
from pipelines.recipes.label_study.rows import Annotation, Bools, StudySplit
from pipelines.recipes.label_study.splits import Splits
from pipelines.recipes.label_study.study import LabelStudy
from pipelines.schema import Row
from pipelines.sources.derived import DerivedSource
from pipelines.sources.manifest_rows import ManifestRows

SPLIT_SEED, FOLD_SEED = 0, 0  # into folds, and of the training on each
UNSEEN = "unseen"
Folds = NDArray[np.int64]


@dataclass
class Unseen(DerivedSource):
    """The rows of a training split under other ids, to be predicted.

    A trainer leaves out of training what it is to predict; here each training predicts all rows, and its
    own labels leave out the fold for which its predictions are used.
    """

    def rows(self) -> Iterator[Row]:
        for row in self.of.rows():
            yield row | {"id": f"{UNSEEN}/{row['id']}"}


def find_issues(
    study: LabelStudy, splits: Splits, train: StudySplit, annotations: Sequence[Annotation]
) -> dict[str, Bools | str]:
    """Per annotator the rows whose labels are cleaned away, or why that is not done."""
    if study.classifiers.cleaning == "off":
        return {item.name: "cleaning was turned off (--cleaning off)" for item in annotations}
    folds = train.folds(SPLIT_SEED, study.classifiers.folds)
    reasons = {item.name: why_uncleaned(item, folds) for item in annotations}
    cleanable = [item for item in annotations if not reasons[item.name]]
    uncleaned: dict[str, Bools | str] = {name: reason for name, reason in reasons.items() if reason}
    return uncleaned | _issues_of_all(study, splits, train, cleanable, folds)


def _issues_of_all(
    study: LabelStudy, splits: Splits, train: StudySplit, annotations: Sequence[Annotation], folds: Folds
) -> dict[str, Bools]:
    if not annotations:
        return {}
    if study.classifiers.cleaning == "text":
        texts = texts_of(splits.train, train)
        return {item.name: issues_by_text_model(item, train, folds, texts) for item in annotations}
    name = f"folds-{study.classifiers.folds}"
    grid = study.grid(name, replace(splits, test=write_unseen(splits.train, study.out / name)))
    grid.run([training for item in annotations for training in fold_trainings(item, folds)], train)
    return {item.name: issues_by_classifier(item, train, folds, grid) for item in annotations}


def write_unseen(train: Manifest, out: Path) -> Manifest:
    """The training rows as a manifest to predict, in the folder `unseen` under `out`."""
    return ingest_rows(Unseen(ManifestRows(train.path)), out / UNSEEN)


def why_uncleaned(annotation: Annotation, folds: Folds) -> str:
    """Why this annotator's labels cannot be cleaned; empty where they can."""
    for fold in np.unique(folds):
        rest = annotation.codes[(folds != fold) & (annotation.codes != NO_LABEL)]
        if len(np.unique(rest)) < 2:
            return f"without fold {fold} its labels are all the same: no classifier can doubt one"
    return ""


def fold_trainings(annotation: Annotation, folds: Folds) -> list[Training]:
    """A training per fold, on the annotator's labels of the other folds."""
    trainings = []
    for fold in np.unique(folds):
        codes = np.where(folds == fold, NO_LABEL, annotation.codes).astype(np.int32)
        trainings.append(Training(fold_name(annotation.name, int(fold)), codes, FOLD_SEED))
    return trainings


def issues_by_classifier(annotation: Annotation, train: StudySplit, folds: Folds, grid: Grid) -> Bools:
    """Label issues by the study's own classifier; the training that had not seen a row judges it."""
    chances = np.zeros((len(train), len(train.space.labels)))
    unseen = replace(train, ids=[f"{UNSEEN}/{row_id}" for row_id in train.ids])
    for fold in np.unique(folds):
        _, predicted = grid.predictions(fold_name(annotation.name, int(fold)), FOLD_SEED, unseen)
        chances[folds == fold] = predicted[folds == fold]
    return label_issues(annotation.codes, chances, train.space)


def issues_by_text_model(
    annotation: Annotation, train: StudySplit, folds: Folds, texts: Sequence[str]
) -> Bools:
    """Label issues by logistic regression on TF-IDF weights of the texts: seconds, and blind to pictures."""
    chances = np.zeros((len(train), len(train.space.labels)))
    words, several = np.array(texts, dtype=object), train.space.several
    targets = train.space.marks(annotation.codes) if several else annotation.codes
    for fold in np.unique(folds):
        learnt = (folds != fold) & (annotation.codes != NO_LABEL)
        classifier = text_classifier(several=several).fit(list(words[learnt]), targets[learnt])
        columns = np.ix_(folds == fold, classifier.classes_)
        chances[columns] = classifier.predict_proba(list(words[folds == fold]))
    return label_issues(annotation.codes, chances, train.space)


def label_issues(codes: Codes, chances: Floats, space: LabelSpace) -> Bools:
    """Rows whose label confident learning takes for wrong (Northcutt et al., 2021): those that cleanlab's
    `prune_by_noise_rate` would remove, with several labels those with any such label (Thyagarajan et al.,
    2022). Rows without a label have none.

    Args:
        codes: the answer per row.
        chances: `(rows, labels)`, from classifiers that had not seen the row.
    """
    labelled = codes != NO_LABEL
    judge = _issues_of_sets if space.several else _issues_of_labels
    issues = np.zeros(len(codes), dtype=bool)
    issues[np.flatnonzero(labelled)[judge(codes[labelled], chances[labelled], space)]] = True
    return issues


def _issues_of_labels(codes: Codes, chances: Floats, space: LabelSpace) -> Bools:
    from cleanlab.filter import find_label_issues

    used = np.unique(codes)  # cleanlab wants classes without a gap
    total = chances[:, used].sum(axis=1, keepdims=True)
    shares = np.where(total > 0, chances[:, used] / np.where(total > 0, total, 1), 1 / len(used))
    issues: Bools = find_label_issues(np.searchsorted(used, codes), shares, n_jobs=1)
    return issues


def _issues_of_sets(codes: Codes, chances: Floats, space: LabelSpace) -> Bools:
    from cleanlab.multilabel_classification.filter import find_label_issues

    marks = space.marks(codes)
    used = marks.any(axis=0) & ~marks.all(axis=0)
    if not used.any():
        return np.zeros(len(codes), dtype=bool)
    sets = [np.flatnonzero(row).tolist() for row in marks[:, used]]
    issues: Bools = find_label_issues(sets, chances[:, used], n_jobs=1)
    return issues


def texts_of(manifest: Manifest, rows: StudySplit) -> list[str]:
    """The text of every row of the split, in its order; empty where a row has none."""
    table = manifest.table(["id", "status", "text"])
    texts = {row["id"]: row["text"] or "" for row in table.to_pylist() if row["status"] == LIVE}
    return [texts[row_id] for row_id in rows.ids]


def fold_name(annotator: str, fold: int) -> str:
    """Name of the training without fold number `fold`."""
    return f"{annotator}-fold{fold}"
