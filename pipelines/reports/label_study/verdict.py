"""The answer of a label study in plain words, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.metrics.intervals.trainings import Difference
from pipelines.reports.label_study.figures import METRIC_NAMES, LabelSourceFigures, StudyFigures
from pipelines.reports.page.wording import count, percent, signed

Outcome = Literal["human labels win", "model labels win", "not told apart", "not run"]
FEW_SEEDS = 3


@dataclass(frozen=True)
class Verdict:
    """On one annotator: the outcome and the sentences that say what it rests on."""

    annotator: str
    outcome: Outcome
    sentences: list[str]

    @property
    def words(self) -> str:
        """The outcome and its sentences as one text."""
        return f"{self.outcome.capitalize()}. {' '.join(self.sentences)}"


def verdicts(study: StudyFigures) -> list[Verdict]:
    """One per annotator, on the primary metric."""
    return [_verdict(study, source) for source in study.of_kind("model")]


def outcome(difference: Difference | None) -> Outcome:
    """Of human labels minus a model's: won only where the interval leaves out 0 and p is below 5 %."""
    if difference is None or not difference.estimate.defined:
        return "not run"
    if not difference.resolved:
        return "not told apart"
    return "human labels win" if (difference.estimate.value or 0) > 0 else "model labels win"


def _verdict(study: StudyFigures, model: LabelSourceFigures) -> Verdict:
    human = study.label_source("human")
    if model.same_as == human.name:
        words = f"Every label of {model.title} is the human's: there is nothing to compare."
        return Verdict(model.title, "not told apart", [words])
    difference = model.against_human.get(study.primary)
    if difference is None or not difference.estimate.defined:
        reason = model.not_run or human.not_run or "no classifier is trained"
        return Verdict(model.title, "not run", [f"No classifier can be trained on {model.title}: {reason}."])
    sentences = [_what(study, model, difference), *_other_metrics(study, model)]
    if model.worth is not None:
        whole = count(round(human.num_labels), "human label")
        sentences.append(
            f"Its {count(round(model.num_labels), 'label')} train as well as {model.worth.words()}; there "
            f"are {whole}."
        )
    return Verdict(model.title, outcome(difference), sentences + _cautions(study, human))


def _what(study: StudyFigures, model: LabelSourceFigures, difference: Difference) -> str:
    value, low, high = difference.estimate.numbers
    both = (study.label_source("human"), model)
    ours, theirs = (percent(source.figures[study.primary].value or 0.0) for source in both)
    interval = f"95 % interval {signed(100 * low)} to {signed(100 * high)}"
    does = f"has a micro F1 of {ours} on" if study.task.multi_label else f"is right on {ours} of"
    start = f"Trained on human labels the classifier {does} the test rows, on those of "
    between = {
        "human labels win": f"{signed(100 * value)} points for the human ones",
        "model labels win": f"{signed(-100 * value)} points for the model's",
    }.get(outcome(difference), f"the difference of {signed(100 * value)} points may be chance")
    if outcome(difference) == "model labels win":
        interval = f"95 % interval {signed(-100 * high)} to {signed(-100 * low)}"
    on = "of" if study.task.multi_label else "on"
    return f"{start}{model.title} {on} {theirs}: {between} ({interval})."


def _other_metrics(study: StudyFigures, model: LabelSourceFigures) -> list[str]:
    """A sentence where another metric comes out differently."""
    first = outcome(model.against_human.get(study.primary))
    other = [
        f"by {METRIC_NAMES[metric]}: {outcome(difference)}"
        for metric, difference in model.against_human.items()
        if metric != study.primary and outcome(difference) not in (first, "not run")
    ]
    return [f"Other figures say otherwise, {'; '.join(other)}."] if other else []


def _cautions(study: StudyFigures, human: LabelSourceFigures) -> list[str]:
    notes = []
    figure, always = human.figures[study.primary], study.majority.value or 0.0
    if figure.low is not None and figure.low <= always:
        constant = (
            f"Always giving the same labels has a micro F1 of {percent(always)}"
            if study.task.multi_label
            else f"Always giving the commonest label is right on {percent(always)}"
        )
        notes.append(
            f"{constant}: this classifier has learnt too little, even from people, to say much about labels."
        )
    if len(study.seeds) == 1:
        notes.append("One seed: how far trainings differ is not in the interval.")
    elif len(study.seeds) < FEW_SEEDS:
        notes.append(f"{len(study.seeds)} seeds are few to say how far trainings differ.")
    if study.pocket:
        notes.append("A pocket classifier: this says nothing about the paper's models.")
    return notes
