"""The paper's claims, each with the runs that speak to it and a verdict, and the verdicts as cards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.paired import Paired
from pipelines.metrics.intervals.proportions import newcombe
from pipelines.reports.annotation.languages import language_runs
from pipelines.reports.annotation.study import Entry, Pair, TaskStudy
from pipelines.reports.page.tables import fold, paragraph, table
from pipelines.reports.page.wording import MODES, count, listing, points_cell

SUPPORTED, CONTRADICTED, UNRESOLVED, NOT_RUN = "supported", "contradicted", "not resolved", "not run"

BASES = {
    "vicuna-7b-v1.5": ("llama-7b",),
    "vicuna-7b-v1.5-16k": ("llama-7b",),
    "vicuna-13b-v1.5": ("llama-13b", "open-llama-13b"),
    "vicuna-13b-v1.5-16k": ("llama-13b", "open-llama-13b"),
}
TUNED = re.compile(r"[-_](instruct|chat|it)\b", re.IGNORECASE)  # -Instruct
SHOWN = 4  # comparisons per claim before the fold
UNRESOLVED_WORDS = "not resolved (interval crosses 0)"
TEST_DISAGREES = "not resolved (the exact test does not agree with the interval)"


@dataclass(frozen=True)
class Evidence:
    """One comparison: positive differences speak for the claim."""

    comparison: str
    difference: Estimate
    verdict: str


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, what a difference measures, and the comparisons that speak to it."""

    title: str
    paper: str
    measure: str
    needs: str
    evidence: list[Evidence]

    @property
    def verdict(self) -> str:
        """The verdict that all evidence shares, `mixed` where it does not, `not run` without any."""
        verdicts = {item.verdict for item in self.evidence}
        return NOT_RUN if not verdicts else verdicts.pop() if len(verdicts) == 1 else "mixed"


def claims(studies: Sequence[TaskStudy]) -> list[Claim]:
    """Every claim of paper A that a run can speak to."""
    return [
        Claim(
            "Instruction tuning makes a better annotator than the base model",
            "Vicuna stays far above LLaMA, whose fine-tuned version it is (§4.2, Figure 2).",
            "accuracy on all rows, tuned − base, same rows",
            "a base model and its instruction-tuned version on the same rows, such as llama-7b and "
            "vicuna-7b-v1.5",
            [item for study in studies for item in _tuned_over_base(study)],
        ),
        Claim(
            "A picture helps",
            "Expected by intuition, not seen consistently: InstructBLIP does not beat text-only "
            "Vicuna (§4.2).",
            "accuracy on all rows, with picture − without, same annotator and rows",
            "an annotator that sees pictures, run with and without them on the same rows",
            [item for study in studies for item in _picture_gain(study)],
        ),
        Claim(
            "What a picture is worth depends on the task",
            "The usefulness of images varies with the task (§1, §5).",
            "gain from the picture on one task − gain on another",
            "the same annotator with and without pictures on two tasks",
            list(_gain_by_task(studies)),
        ),
        Claim(
            "Annotators that see the picture answer more often",
            "InstructBLIP has a significantly higher answer rate than the other annotators (§4.2).",
            "answer rate, with picture − text-only annotator, same rows, free text",
            "a multimodal and a text-only annotator, both in free text, on the same rows",
            [item for study in studies for item in _answers_more(study)],
        ),
        Claim(
            "Labels are worse in other languages than in English",
            "Accuracy falls from 0.53 in English to 0.42 and 0.41 (§4.4, Table 2).",
            "accuracy on all rows, English − the other languages together",
            "rows in English and in another language, such as xnli with en, fr and de",
            [item for study in studies for item in _english_over_others(study)],
        ),
        Claim(
            "Training on human labels beats training on model labels",
            "MMBT falls from 0.64 to 0.60 (Hateful Memes) and from 0.84 to 0.75 (MM-IMDb) (§4.3, Table 1).",
            "test accuracy, human labels − model labels",
            "`python -m pipelines label-study`, which judges it on a page of its own",
            [],
        ),
    ]


def paired_verdict(paired: Paired) -> str:
    """Verdict on a paired difference: resolved if its interval leaves out 0 and McNemar's test agrees."""
    if not paired.resolved:
        return UNRESOLVED
    return SUPPORTED if (paired.difference.value or 0) > 0 else CONTRADICTED


def interval_verdict(difference: Estimate) -> str:
    """Verdict on a difference of independent samples: resolved if its interval leaves out 0."""
    if not difference.excludes(0.0):
        return UNRESOLVED
    return SUPPORTED if (difference.value or 0) > 0 else CONTRADICTED


def is_tuned_version(tuned: str, base: str) -> bool:
    """Whether `tuned` is `base` after instruction tuning, by the names of the two."""
    return base in BASES.get(tuned, ()) or (tuned != base and TUNED.sub("", tuned) == base)


def _tuned_over_base(study: TaskStudy) -> Iterator[Evidence]:
    for tuned, base, pair in _ordered_pairs(study):
        settings = [(entry.run.mode, entry.run.use_images) for entry in (tuned, base)]
        if is_tuned_version(tuned.run.annotator, base.run.annotator) and settings[0] == settings[1]:
            yield _evidence(study, tuned, base, pair.accuracy)


def _picture_gain(study: TaskStudy) -> Iterator[Evidence]:
    for with_picture, _, pair in _picture_pairs(study):
        run = with_picture.run
        words = f"{study.task.name}: {run.annotator}, {MODES.get(run.mode, run.mode)}"
        yield Evidence(words, pair.accuracy.difference, paired_verdict(pair.accuracy))


def _gain_by_task(studies: Sequence[TaskStudy]) -> Iterator[Evidence]:
    gains = [(study, entry, pair) for study in studies for entry, _, pair in _picture_pairs(study)]
    for (study, entry, pair), (other, second, second_pair) in combinations(gains, 2):
        same = (entry.run.annotator, entry.run.mode) == (second.run.annotator, second.run.mode)
        if study is not other and same:
            difference = newcombe(pair.accuracy.difference, second_pair.accuracy.difference)
            verdict = SUPPORTED if difference.excludes(0.0) else UNRESOLVED
            yield Evidence(
                f"{study.task.name} − {other.task.name}: {entry.run.annotator}", difference, verdict
            )


def _answers_more(study: TaskStudy) -> Iterator[Evidence]:
    for seeing, blind, pair in _ordered_pairs(study):
        sees = seeing.run.manifest.config["annotator"].get("uses_image") and seeing.run.use_images
        text_only = not blind.run.manifest.config["annotator"].get("uses_image")
        if sees and text_only and seeing.run.mode == blind.run.mode == "regex":
            yield _evidence(study, seeing, blind, pair.answered)


def _english_over_others(study: TaskStudy) -> Iterator[Evidence]:
    for run in language_runs(study):
        difference = run.against_english
        if difference is not None:
            others = len(run.tallies) - 1
            words = f"{study.task.name}: {run.title}, English − {others} other language{'s' * (others > 1)}"
            yield Evidence(words, difference, interval_verdict(difference))


def _picture_pairs(study: TaskStudy) -> Iterator[tuple[Entry, Entry, Pair]]:
    for first, second, pair in _ordered_pairs(study):
        same = (first.run.annotator, first.run.mode) == (second.run.annotator, second.run.mode)
        if same and first.run.use_images and not second.run.use_images:
            yield first, second, pair


def _ordered_pairs(study: TaskStudy) -> Iterator[tuple[Entry, Entry, Pair]]:
    """Every pair with scored rows both ways round, its differences turned with it."""
    for pair in study.pairs:
        if pair.scored:
            yield pair.first, pair.second, pair
            yield pair.second, pair.first, pair.turned()


def _evidence(study: TaskStudy, first: Entry, second: Entry, paired: Paired) -> Evidence:
    words = f"{study.task.name}: {first.title} − {second.title}"
    return Evidence(words, paired.difference, paired_verdict(paired))


def claims_section(claims: Sequence[Claim]) -> Markup:
    """A row per claim: the paper's words, what was measured, the difference with its interval, a verdict."""
    note = paragraph(
        "A difference supports a claim when its whole 95 % interval is on the claim's side of 0, and "
        "contradicts it when it is on the other. On the same rows McNemar's exact test must agree.",
        note=True,
    )
    cards = [_claim(claim) for claim in claims if claim.evidence]
    rows: list[list[Content]] = [
        [claim.title, _chip(claim), claim.paper, claim.needs] for claim in claims if not claim.evidence
    ]
    rest = table(["Claim", "Verdict", "The paper", "What it needs"], rows) if rows else None
    return join(cards, note if cards else None, rest)


def _claim(claim: Claim) -> Markup:
    paper = paragraph(f"Paper: {claim.paper}", note=True)
    words = tag("div", tag("h4", claim.title), paragraph(_chip(claim)), paper)
    return tag("article", words, _comparisons(claim), class_="card claim")


def _chip(claim: Claim) -> Markup:
    return tag("span", claim.verdict, class_=f"chip {claim.verdict.replace(' ', '-')}")


def _comparisons(claim: Claim) -> Markup:
    lines = [
        tag("li", points_cell(item.difference), " ", tag("em", _words(item)), tag("br"), item.comparison)
        for item in claim.evidence
    ]
    shown, rest = tag("ul", lines[:SHOWN], class_="plain"), tag("ul", lines[SHOWN:], class_="plain")
    more = fold(f"{count(len(lines) - SHOWN, 'more comparison')}", rest) if lines[SHOWN:] else None
    return tag("div", shown, more, paragraph(f"Measured: {claim.measure}. {_tally(claim)}", note=True))


def _tally(claim: Claim) -> str:
    """Number of comparisons by verdict, in words; empty for a single one."""
    verdicts = Counter(item.verdict for item in claim.evidence)
    parts = [f"{number} {verdict}" for verdict, number in verdicts.most_common()]
    return f"Of {len(claim.evidence)} comparisons: {listing(parts)}." if len(claim.evidence) > 1 else ""


def _words(item: Evidence) -> str:
    if item.verdict != UNRESOLVED:
        return item.verdict
    return TEST_DISAGREES if item.difference.excludes(0.0) else UNRESOLVED_WORDS
