"""Filtered runs: one that tiny models scored, and one of rows written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from filter_run import TIMES, filtered_run
from own_run import write_own_run

from pipelines.manifest import Manifest
from pipelines.recipes.filter.again import filter_again
from pipelines.recipes.filter.settings import Limits
from pipelines.reports.filter.run import FilterRun
from pipelines.schema import live_row


@pytest.fixture(scope="session")
def scored(tmp_path_factory) -> Manifest:
    return filtered_run(tmp_path_factory.mktemp("page"), times=TIMES)


@pytest.fixture(scope="session")
def run(scored, tmp_path_factory) -> FilterRun:
    """The two-paragraph rows are repaired, and the contradicting half of the answers is dropped."""
    rows = scored.table().to_pylist()
    limit = max(next(row["paragraph_clip_scores"] for row in rows if "two" in row["id"]))
    leads = sorted(item.score for item in FilterRun(scored).leads())
    limits = Limits(min_clip_score=limit, max_contradiction_lead=(leads[0] + leads[-1]) / 2)
    return FilterRun(filter_again(scored.path, tmp_path_factory.mktemp("again") / "run", limits))


LIMITS = {
    "min_words": 2, "min_sts": 0.4, "min_clip_score": 17.0, "max_contradiction_lead": 0.0,
    "judge_single_paragraph": False,
}  # fmt: skip
SCORES = {
    "response_original": pa.string(), "sts_similarity": pa.float32(),
    "nli_similarity": pa.list_(pa.float32()), "reward": pa.float32(), "reward_original": pa.float32(),
    "paragraph_clip_scores": pa.list_(pa.float32()),
    "filtered_paragraphs": pa.list_(pa.struct([("score", pa.float32()), ("text", pa.string())])),
    "planted_fault": pa.string(), "fault_place": pa.string(),
}  # fmt: skip


def scored_row(name: str, **columns: Any) -> dict[str, Any]:
    row = live_row(id=name, dataset="a", task="caption", instruction="What is it?", response="A dog.")
    return dict.fromkeys(SCORES) | row | {"response_original": "dog"} | columns


ROWS = (
    scored_row("low", sts_similarity=0.25, status="dropped", reason="low_similarity", detail="0.25"),
    scored_row("high", sts_similarity=0.75, paragraph_clip_scores=[20.0, 10.0], reward=1.0,
               reward_original=-1.0, filtered_paragraphs=[{"score": 10.0, "text": "A cat."}],
               planted_fault="hallucinated_paragraph", fault_place="paragraph 1"),
    scored_row("one", sts_similarity=0.5, paragraph_clip_scores=[5.0], reward=3.0, reward_original=0.0),
    scored_row("answer", dataset="b", task="vqa", nli_similarity=[2.0, 1.0, 0.0], status="dropped",
               reason="contradiction", planted_fault="changed_answer"),
    scored_row("right", dataset="b", task="vqa", nli_similarity=[-1.0, 2.0, 0.0]),
    scored_row("short", dataset="b", status="dropped", reason="too_short", planted_fault="too_short",
               sts_similarity=0.9),
    scored_row("broken", dataset="b", status="failed", reason="missing_image"),
)  # fmt: skip


def written(folder: Path, rows: Any, **fields: Any) -> FilterRun:
    config = {"filtering": {"limits": LIMITS, "scoring": {"sts": "org/mpnet"}}}
    return FilterRun.read(write_own_run(folder, rows, name="filter", config=config, **fields))


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> FilterRun:
    """Seven rows with every score and planted faults."""
    return written(tmp_path_factory.mktemp("few") / "run", ROWS, columns=SCORES)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> FilterRun:
    """Two kept rows without any score or planted fault."""
    rows = [live_row(id=name, dataset="a", task="caption", response="A dog.") for name in "xy"]
    return written(tmp_path_factory.mktemp("plain") / "run", rows, columns={})
