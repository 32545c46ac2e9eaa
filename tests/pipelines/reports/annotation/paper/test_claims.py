from __future__ import annotations

from typing import Any

import pytest
from page_words import words_of

from actors.prompts.task import Task
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.paper.claims import (
    SUPPORTED,
    UNRESOLVED,
    Claim,
    Evidence,
    claims,
    claims_section,
    interval_verdict,
    is_tuned_version,
)
from pipelines.reports.annotation.study import task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}")
SEEING = {"name": "instructblip-vicuna-7b", "checkpoint": "x", "family": "instruct_blip", "uses_image": True}
CLEAR = Evidence("tuned − base", Estimate(0.1, 0.05, 0.15, 90), SUPPORTED)
CROSSING = Evidence("tuned − other base", Estimate(0.02, -0.05, 0.09, 90), UNRESOLVED)
DISPUTED = Evidence("tuned − third base", Estimate(0.05, 0.01, 0.09, 90), UNRESOLVED)


def rows(right: int, answered: int = 100, prefix: str = "d", **columns: Any) -> list[dict[str, Any]]:
    """A hundred rows of which the first `answered` have a label and the first `right` the right one."""
    labels = ["good" if n < right else "bad" if n < answered else None for n in range(100)]
    return [
        {"id": f"{prefix}/{n:03d}", "human_label": "good", "label": labels[n]} | columns for n in range(100)
    ]


def find(folders: list[Any], title: str) -> Claim:
    found = claims(task_studies([LabelRun.read(folder) for folder in folders]))
    return next(claim for claim in found if title in claim.title)


@pytest.mark.parametrize(
    ("tuned", "base", "verdict"),
    [(80, 40, "supported"), (40, 80, "contradicted"), (60, 60, "not resolved"), (62, 60, "not resolved")],
)
def test_tuned_over_base(make_run: Any, tuned: int, base: int, verdict: str) -> None:
    folders = [
        make_run("base", rows(base), task=TASK, annotator="llama-7b"),
        make_run("tuned", rows(tuned), task=TASK, annotator="vicuna-7b-v1.5"),
    ]
    claim = find(folders, "Instruction tuning")
    assert (claim.verdict, len(claim.evidence)) == (verdict, 1)
    assert claim.evidence[0].difference.value == pytest.approx((tuned - base) / 100)


def test_tuned_and_base_are_compared_only_in_the_same_mode(make_run: Any) -> None:
    folders = [
        make_run("base", rows(40), task=TASK, annotator="llama-7b", mode="rank"),
        make_run("tuned", rows(80), task=TASK, annotator="vicuna-7b-v1.5", mode="regex"),
    ]
    assert find(folders, "Instruction tuning").verdict == "not run"


@pytest.mark.parametrize(
    ("tuned", "base", "same"),
    [
        ("vicuna-13b-v1.5", "open-llama-13b", True),
        ("vicuna-13b-v1.5", "llama-7b", False),
        ("org/SmolLM2-135M-Instruct", "org/SmolLM2-135M", True),
        ("llama-7b", "llama-7b", False),
    ],
)
def test_a_tuned_version_is_known_by_its_name(tuned: str, base: str, same: bool) -> None:
    assert is_tuned_version(tuned, base) is same


def test_picture_against_no_picture_on_the_same_rows(make_run: Any) -> None:
    folders = [
        make_run("without", rows(70), task=TASK, model=SEEING),
        make_run("with", rows(50), task=TASK, model=SEEING, use_images=True),
    ]
    claim = find(folders, "A picture helps")
    assert claim.verdict == "contradicted"
    assert claim.evidence[0].difference.value == pytest.approx(-0.2)
    assert find(folders, "depends on the task").verdict == "not run"


def test_the_gain_from_pictures_is_compared_between_tasks(make_run: Any) -> None:
    other = Task("other", "Good or bad?", ("bad", "good"), "{document}")
    folders = [
        make_run("a", rows(70), task=TASK, model=SEEING),
        make_run("b", rows(50), task=TASK, model=SEEING, use_images=True),
        make_run("c", rows(50), task=other, model=SEEING),
        make_run("d", rows(80), task=other, model=SEEING, use_images=True),
    ]
    claim = find(folders, "depends on the task")
    assert claim.verdict == "supported"
    assert abs(claim.evidence[0].difference.value or 0) == pytest.approx(0.5)
    assert find(folders, "A picture helps").verdict == "mixed"


def test_multimodal_annotators_answer_more_often(make_run: Any) -> None:
    folders = [
        make_run("text", rows(40, answered=60), task=TASK, annotator="vicuna-7b-v1.5"),
        make_run("picture", rows(40, answered=98), task=TASK, model=SEEING, use_images=True),
    ]
    claim = find(folders, "answer more often")
    assert claim.verdict == "supported"
    assert claim.evidence[0].difference.value == pytest.approx(0.38)


def test_english_against_the_other_languages_together(make_run: Any) -> None:
    both = (
        rows(80, prefix="en", language="en")
        + rows(40, prefix="de", language="de")
        + rows(50, prefix="fr", language="fr")
    )
    claim = find([make_run("run", both, task=TASK)], "other languages")
    assert claim.verdict == "supported"
    assert claim.evidence[0].difference.value == pytest.approx(0.8 - 0.45)
    assert "2 other languages" in claim.evidence[0].comparison


def test_one_run_alone_leaves_every_claim_open_and_says_what_is_needed(make_run: Any) -> None:
    found = claims(task_studies([LabelRun.read(make_run("run", rows(50), task=TASK))]))
    assert {claim.verdict for claim in found} == {"not run"}
    assert all(claim.needs for claim in found)


def test_an_interval_on_zero_decides_nothing() -> None:
    assert interval_verdict(Estimate(0.1, 0.0, 0.2, 50)) == "not resolved"
    assert interval_verdict(Estimate(-0.1, -0.2, -0.01, 50)) == "contradicted"


def claim(*evidence: Evidence) -> Claim:
    return Claim("Tuning helps", "It does (§4.2).", "accuracy", "two models", list(evidence))


def test_a_difference_stands_with_its_interval_and_its_verdict() -> None:
    text = words_of(claims_section([claim(CLEAR)]))
    assert "Tuning helps supported Paper: It does (§4.2)." in text
    assert "+10.0 pts +5.0 to +15.0 supported tuned − base" in text and "comparisons:" not in text


def test_why_a_difference_is_not_resolved_is_said() -> None:
    text = words_of(claims_section([claim(CROSSING, DISPUTED)]))
    assert "not resolved (interval crosses 0)" in text
    assert "not resolved (the exact test does not agree with the interval)" in text
    assert "Of 2 comparisons: 2 not resolved." in text


def test_many_comparisons_are_counted_and_those_after_the_fourth_folded() -> None:
    html = claims_section([claim(*[CLEAR] * 4, CROSSING, CROSSING)])
    text = words_of(html)
    assert "mixed" in text and "Of 6 comparisons: 4 supported and 2 not resolved." in text
    assert "2 more comparisons" in text and html.count("<details") == 1


def test_a_claim_without_runs_says_what_it_needs() -> None:
    text = words_of(claims_section([claim()]))
    assert "Tuning helps not run It does (§4.2). two models" in text and "McNemar" not in text
