"""Accuracy and answer rate per language, as in the paper's Table 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.markup import Markup, join
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import newcombe, wilson
from pipelines.metrics.labels import NO_LABEL
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import TaskStudy, titles
from pipelines.reports.page.tables import Cell, fold, paragraph, table
from pipelines.reports.page.wording import language_name, points_cell

# Percent of the documents Llama 2 was pretrained on: Touvron et al. 2023, Table 10.
LLAMA2_PERCENT = {
    "en": 89.70, "de": 0.17, "fr": 0.16, "sv": 0.15, "zh": 0.13, "es": 0.13, "ru": 0.13, "nl": 0.12,
    "it": 0.11, "ja": 0.10, "pl": 0.09, "pt": 0.09, "vi": 0.08, "uk": 0.07, "ko": 0.06, "ca": 0.04,
    "sr": 0.04, "id": 0.03, "cs": 0.03, "fi": 0.03, "hu": 0.03, "no": 0.03, "nb": 0.03, "ro": 0.03,
    "bg": 0.02, "da": 0.02, "sl": 0.01, "hr": 0.01,
}  # fmt: skip
DUTCH = (
    "The paper says Dutch where it must mean German: XNLI has no Dutch, and the 0.17% printed beside it is "
    "German's share of Llama 2's pretraining data (Dutch has 0.12%)."
)


@dataclass(frozen=True)
class Tally:
    """Row counts of one language; `scored` rows have a human label, `right` ones of them the same answer."""

    rows: int
    answered: int
    scored: int
    scored_answered: int
    right: int

    @property
    def on_all(self) -> Estimate:
        return wilson(self.right, self.scored)

    @property
    def on_answered(self) -> Estimate:
        return wilson(self.right, self.scored_answered)

    @property
    def answer_rate(self) -> Estimate:
        return wilson(self.answered, self.rows)

    def __add__(self, other: Tally) -> Tally:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Tally(*(ours + theirs for ours, theirs in pairs))


@dataclass(frozen=True)
class LanguageRun:
    """One annotator in one mode on one task, language by language, English first."""

    title: str
    run: LabelRun
    tallies: dict[str, Tally]

    @property
    def against_english(self) -> Estimate | None:
        """Accuracy on all rows in English minus that in the other languages together."""
        others = [tally for code, tally in self.tallies.items() if code != "en"]
        if "en" not in self.tallies or not others:
            return None
        return newcombe(self.tallies["en"].on_all, sum(others[1:], others[0]).on_all)


def language_runs(study: TaskStudy) -> list[LanguageRun]:
    """Runs of the task whose rows name a language. Runs that differ in their rows alone (one language
    each) are put together; where two have the same language the first counts."""
    groups: dict[tuple[str, str, bool], list[LabelRun]] = {}
    for run in [entry.run for entry in study.entries]:
        groups.setdefault((run.annotator, run.mode, run.use_images), []).append(run)
    heads = [group[0] for group in groups.values()]
    return [
        LanguageRun(title, group[0], tallies)
        for title, group in zip(titles(heads), groups.values(), strict=True)
        if (tallies := _tallies(group))
    ]


def language_section(studies: Sequence[TaskStudy]) -> Markup:
    """A table per task and run with rows in more than one language, or what is needed for one."""
    runs = [(study, run) for study in studies for run in language_runs(study) if len(run.tallies) > 1]
    if not runs:
        needs = "Not run: needs a task whose rows are in English and in another language (xnli, emoji_group)."
        return join(paragraph(needs), paragraph(DUTCH, note=True))
    blocks = [
        fold(f"{study.task.name}: {run.title} ({len(run.tallies)} languages)", _table(run), open_=not number)
        for number, (study, run) in enumerate(runs)
    ]
    note = (
        "Accuracy differences are English minus the language, on all rows, the two treated as independent "
        "samples. Share of pretraining data: Llama 2's (Touvron et al. 2023, Table 10), whatever annotator "
        "was run. "
    )
    return join(blocks, paragraph(note, DUTCH, note=True))


def pretraining_share(code: str) -> str:
    """The language's part of Llama 2's pretraining data in words."""
    share = LLAMA2_PERCENT.get(code)
    return "not listed" if share is None else f"{share:.2f}%"


def _tallies(group: Sequence[LabelRun]) -> dict[str, Tally]:
    first = {code: run for run in reversed(group) for code in run.languages}
    codes = sorted(first, key=lambda code: (code != "en", -LLAMA2_PERCENT.get(code, 0), code))
    return {code: _tally(first[code], code) for code in codes}


def _tally(run: LabelRun, code: str) -> Tally:
    here = run.in_language(code)
    truth, predicted = run.truth[here], run.predicted[here]
    scored, answered = truth != NO_LABEL, predicted != NO_LABEL
    return Tally(
        rows=len(truth),
        answered=int(answered.sum()),
        scored=int(scored.sum()),
        scored_answered=int((scored & answered).sum()),
        right=int((scored & (truth == predicted)).sum()),
    )


def _table(run: LanguageRun) -> Markup:
    headings = [
        "Language", "Rows", "Accuracy on answered", "Accuracy on all", "Answer rate", "English − this",
        "% of Llama 2's data",
    ]  # fmt: skip
    english = run.tallies.get("en")
    rows: list[list[Cell]] = []
    for code, tally in run.tallies.items():
        less = points_cell(newcombe(english.on_all, tally.on_all)) if english and code != "en" else "—"
        figures: list[Cell] = [tally.rows, tally.on_answered, tally.on_all, tally.answer_rate]
        rows.append([language_name(code), *figures, less, pretraining_share(code)])
    return table(headings, rows)
