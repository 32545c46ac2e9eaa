"""The realism check of a distortion run: its rows and those of a set of raw annotations."""

from __future__ import annotations

from itertools import islice

from actors.base import LIVE
from actors.distortion.strategies import STRATEGIES
from pipelines.manifest import Manifest
from pipelines.metrics.realism_check import OVERALL, POLITE, RealismLine, Sample, compare, write_realism
from pipelines.sources.source import Source

MAX_READ = 50_000  # rows of the raw set that are looked at


def measure_realism(manifest: Manifest, raw: Source, name: str, *, seed: int = 0) -> list[RealismLine]:
    """A line for all distorted rows, one per strategy, and two to compare with: the polite responses, and
    one half of the raw annotations against the other. Also written beside the manifest.

    Raises:
        ValueError: the raw set has no responses.
    """
    columns = ["id", "task", "response", "response_original", "distortion", "status"]
    rows = [row for row in manifest.table(columns).to_pylist() if row["status"] == LIVE]
    distorted = [(row["distortion"], Sample(row["id"], row["task"], row["response"])) for row in rows]
    kinds = {OVERALL: [sample for _, sample in distorted]}
    for strategy in STRATEGIES:
        if samples := [sample for used, sample in distorted if used == strategy]:
            kinds[strategy] = samples
    kinds[POLITE] = [Sample(row["id"], row["task"], row["response_original"]) for row in rows]
    lines = compare(kinds, _raw_samples(raw), seed)
    write_realism(manifest.path, name, lines)
    return lines


def _raw_samples(raw: Source) -> list[Sample]:
    raw.check()
    samples = [
        Sample(row["id"], row["task"], row["response"])
        for row in islice(raw.rows(), MAX_READ)
        if row["status"] == LIVE and (row["response"] or "").strip()
    ]
    if not samples:
        raise ValueError(f"{raw} has no raw responses; give --realism-against a set with terse responses")
    return samples
