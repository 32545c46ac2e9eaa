"""The realism check of `distort`: its texts beside real raw annotations, as lines of `realism.json`."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from actors.base import row_seed
from pipelines.manifest import write_json
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.realism import distinguishability

logger = logging.getLogger(__name__)
REALISM = "realism.json"
MAX_TEXTS = 2000  # of each kind; the interval is then about 0.03 wide
OVERALL, POLITE, RAW = "all distorted", "polite, before distortion", "raw against raw"


@dataclass(frozen=True)
class RealismLine:
    """One comparison with the raw annotations: `texts` of each kind, AUROC by all features and by the
    surface alone."""

    name: str
    texts: int
    everything: Estimate
    surface: Estimate


@dataclass(frozen=True)
class Sample:
    """A text with what decides whether it is drawn."""

    id: str
    task: str
    text: str


def compare(distorted: Mapping[str, Sequence[Sample]], raw: Sequence[Sample], seed: int) -> list[RealismLine]:
    """A line per kind of text against the raw annotations, and one half of these against the other (0.5 by
    construction).

    Texts are drawn so that every task has as many of one kind as of the other, because answers of one word
    and captions are told apart without looking at style. Where no task is shared, all are taken.
    """
    lines = [_line(kind, samples, raw, seed) for kind, samples in distorted.items()]
    drawn = sorted(raw, key=lambda sample: row_seed(seed + 1, sample.id))
    return [*lines, _line(RAW, drawn[::2], drawn[1::2], seed)]


def write_realism(folder: Path, against: str, lines: Sequence[RealismLine]) -> Path:
    """Writes the lines and what the raw annotations are called beside the run's manifest."""
    record = {"against": against, "max_texts": MAX_TEXTS, "lines": [asdict(line) for line in lines]}
    return write_json(folder / REALISM, record)


def read_realism(folder: Path) -> tuple[str, list[RealismLine]] | None:
    """What the raw annotations were and the lines, or None where nothing was measured."""
    file = folder / REALISM
    if not file.is_file():
        return None
    record = json.loads(file.read_text())
    lines = [
        RealismLine(line["name"], line["texts"], Estimate(**line["everything"]), Estimate(**line["surface"]))
        for line in record["lines"]
    ]
    return record["against"], lines


def match_tasks(
    first: Sequence[Sample], second: Sequence[Sample], most: int, seed: int
) -> tuple[list[str], list[str]]:
    """Texts of both kinds, as many of each for every task that both have; the whole of both without one."""
    pools = [_by_task(samples, seed) for samples in (first, second)]
    shared = sorted(set(pools[0]) & set(pools[1]))
    if not shared:
        both = [sorted(samples, key=lambda one: row_seed(seed, one.id))[:most] for samples in (first, second)]
        return [one.text for one in both[0]], [one.text for one in both[1]]
    sizes = Counter({task: min(len(pools[0][task]), len(pools[1][task])) for task in shared})
    share = min(1.0, most / sizes.total())
    drawn = [
        [text for task in shared for text in pool[task][: max(1, round(sizes[task] * share))]]
        for pool in pools
    ]
    return drawn[0], drawn[1]


def _line(name: str, samples: Sequence[Sample], annotations: Sequence[Sample], seed: int) -> RealismLine:
    distorted, raw = match_tasks(samples, annotations, MAX_TEXTS, seed)
    logger.info("realism: %s, %d texts against %d", name, len(distorted), len(raw))
    return RealismLine(
        name,
        min(len(distorted), len(raw)),
        distinguishability(distorted, raw, seed=seed),
        distinguishability(distorted, raw, features="surface", seed=seed),
    )


def _by_task(samples: Sequence[Sample], seed: int) -> Mapping[str, list[str]]:
    tasks: dict[str, list[str]] = {}
    for sample in sorted(samples, key=lambda one: row_seed(seed, one.id)):
        tasks.setdefault(sample.task, []).append(sample.text)
    return tasks
