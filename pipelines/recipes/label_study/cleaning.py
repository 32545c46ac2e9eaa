"""Which of a model's labels are probably wrong: confident learning on chances from unseen rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actors.base import LIVE
from pipelines.manifest import Manifest
from pipelines.metrics.labels import NO_LABEL, Codes
from pipelines.recipes.baseline import text_classifier
from pipelines.recipes.ingest import ingest_rows
from pipelines.recipes.label_study.grid import Grid, Run
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.sources import Bools, suspected
from pipelines.schema import Row
from pipelines.sources.derived import DerivedSource
from pipelines.sources.manifest_rows import ManifestRows

FOLD_SEED = 0
UNSEEN = "unseen"


@dataclass
class Unseen(DerivedSource):
    """The rows of a training split under other ids, to be predicted.

    A trainer leaves out of training what it is to predict; here each training predicts all rows, and its
    own labels leave out the fold for which its predictions are used.
    """

    def rows(self) -> Iterator[Row]:
        for row in self.of.rows():
            yield row | {"id": f"{UNSEEN}/{row['id']}"}


def write_unseen(train: Manifest, out: Path) -> Manifest:
    """The training rows as a manifest to predict, in the folder `unseen` under `out`."""
    return ingest_rows(Unseen(ManifestRows(train.path)), out / UNSEEN)


def why_not(annotation: Annotation, folds: NDArray[np.int64]) -> str:
    """Why this annotator's labels cannot be cleaned; empty where they can."""
    for fold in np.unique(folds):
        rest = annotation.codes[(folds != fold) & (annotation.codes != NO_LABEL)]
        if len(np.unique(rest)) < 2:
            return f"without fold {fold} its labels are all the same: no classifier can doubt one"
    return ""


def fold_runs(annotation: Annotation, folds: NDArray[np.int64]) -> list[Run]:
    """A training per fold, on the annotator's labels of the other folds."""
    return [
        Run(fold_name(annotation.name, int(fold)), _without(annotation.codes, folds == fold), FOLD_SEED)
        for fold in np.unique(folds)
    ]


def by_classifier(annotation: Annotation, train: StudySplit, folds: NDArray[np.int64], grid: Grid) -> Bools:
    """Suspects by the study's own classifier, each row judged by the training that had not seen its fold."""
    chances = np.zeros((len(train), len(train.space.labels)))
    unseen = replace(train, ids=[f"{UNSEEN}/{row_id}" for row_id in train.ids])
    for fold in np.unique(folds):
        _, given = grid.predictions(fold_name(annotation.name, int(fold)), FOLD_SEED, unseen)
        chances[folds == fold] = given[folds == fold]
    return suspected(annotation.codes, chances, train.space)


def by_text_model(
    annotation: Annotation, train: StudySplit, folds: NDArray[np.int64], texts: Sequence[str]
) -> Bools:
    """Suspects by logistic regression on TF-IDF weights of the texts: seconds, and blind to pictures."""
    chances = np.zeros((len(train), len(train.space.labels)))
    words, several = np.array(texts, dtype=object), train.space.several
    taught = train.space.marks(annotation.codes) if several else annotation.codes
    for fold in np.unique(folds):
        learnt = (folds != fold) & (annotation.codes != NO_LABEL)
        classifier = text_classifier(several=several).fit(list(words[learnt]), taught[learnt])
        columns = np.ix_(folds == fold, classifier.classes_)
        chances[columns] = classifier.predict_proba(list(words[folds == fold]))
    return suspected(annotation.codes, chances, train.space)


def texts_of(manifest: Manifest, rows: StudySplit) -> list[str]:
    """The text of every row of the split, in its order; empty where a row has none."""
    table = manifest.table(["id", "status", "text"])
    found = {
        row_id: text or ""
        for row_id, status, text in zip(
            *(table[name].to_pylist() for name in table.column_names), strict=True
        )
        if status == LIVE
    }
    return [found[row_id] for row_id in rows.ids]


def fold_name(annotator: str, fold: int) -> str:
    """The training that has not seen a fold."""
    return f"{annotator}-fold{fold}"


def _without(codes: Codes, rows: Bools) -> Codes:
    return np.where(rows, NO_LABEL, codes).astype(np.int32)
