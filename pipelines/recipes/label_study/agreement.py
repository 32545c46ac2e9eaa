"""Agreement of labels with human ones, and row counts of the splits of a label study."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from pipelines.manifest import Manifest
from pipelines.metrics.confusion import confusion_matrix, decisions
from pipelines.metrics.coverage import agreement_curve
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import clustered_share
from pipelines.metrics.labels import NO_LABEL, Codes
from pipelines.recipes.label_study.rows import NO_LANGUAGE, Annotation, Bools, StudySplit
from pipelines.recipes.label_study.training_labels import TrainingLabels
from pipelines.reports.label_study.figures import AnnotatorFigures, SplitCounts
from pipelines.schema import LABEL_NOT_IN_TASK


def annotator_figures(annotation: Annotation, train: StudySplit) -> AnnotatorFigures:
    """How the annotator's labels of the training rows agree with the human's."""
    human, codes, space = train.human, annotation.codes, train.space
    everywhere, answered = np.ones(len(train), dtype=bool), codes != NO_LABEL
    languages = by_language(train).items()
    part, whole = space.agreement(human, codes)
    confidence = np.where(answered, annotation.confidence, -np.inf)
    marks = (space.marks(human), space.marks(codes), answered)
    return AnnotatorFigures(
        annotation.name,
        annotation.mode,
        str(annotation.folder),
        len(train),
        answer_rate(train, codes, everywhere),
        agreement(train, codes, everywhere),
        None if space.several else confusion_matrix(human, codes, len(space.labels)),
        agreement_curve(part, whole, confidence, train.groups),
        annotation.reasons,
        {code: (answer_rate(train, codes, at), agreement(train, codes, at)) for code, at in languages},
        annotation.seconds,
        decisions(*marks) if space.several else None,
    )


def answer_rate(rows: StudySplit, codes: Codes, chosen: Bools) -> Estimate:
    """Share of the chosen rows with a label."""
    part = (codes != NO_LABEL)[chosen].astype(np.float64)
    return clustered_share(part, np.ones(len(part)), rows.groups[chosen])


def agreement(rows: StudySplit, codes: Codes, chosen: Bools) -> Estimate:
    """Of the chosen rows with a label, the share that have the human's; with several labels per row micro
    F1 against the human's."""
    rated = chosen & (codes != NO_LABEL)
    return clustered_share(*rows.space.agreement(rows.human[rated], codes[rated]), rows.groups[rated])


def training_agreement(labels: TrainingLabels, train: StudySplit) -> Estimate:
    """How far training labels agree with the human's; where seeds have their own labels, the rows of all
    seeds together, those of one picture as one group."""
    usable = [codes != NO_LABEL for codes in labels.codes.values()]
    human = np.concatenate([train.human[rows] for rows in usable])
    learnt = np.concatenate([codes[rows] for codes, rows in zip(labels.codes.values(), usable, strict=True)])
    groups = np.concatenate([train.groups[rows] for rows in usable])
    agreed = clustered_share(*train.space.agreement(human, learnt), groups)
    return replace(agreed, rows=round(labels.num_labels()))


def constant_answer(train: StudySplit, test: StudySplit) -> Estimate:
    """Score on the test rows of always giving one answer, the one that agrees best with people on the
    training rows."""
    answer = train.space.commonest(train.human)
    return clustered_share(*test.space.agreement(test.human, answer), test.groups)


def split_counts(manifest: Manifest, rows: StudySplit) -> SplitCounts:
    """Numbers of a split's usable rows, and of the others by reason."""
    numbers = rows.space.marks(rows.human).sum(axis=0).tolist()
    left_out = Counter({**manifest.reasons["dropped"]}) + Counter(manifest.reasons["failed"])
    if rows.foreign:
        left_out[LABEL_NOT_IN_TASK] = rows.foreign
    by_label = dict(zip(rows.space.labels, numbers, strict=True))
    return SplitCounts(len(rows), by_label, dict(left_out))


def by_language(rows: StudySplit) -> dict[str, Bools]:
    """The rows of every language, English first; none where the rows are all of one."""
    languages = np.array(rows.languages)
    codes = sorted({code for code in rows.languages if code != NO_LANGUAGE}, key=lambda c: (c != "en", c))
    return {code: languages == code for code in codes} if len(codes) > 1 else {}
