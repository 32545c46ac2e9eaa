"""The rows of manifests as examples on disk, every row accounted for."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from actors.base import LIVE, BadRow, row_seed
from actors.pictures.image_reader import MISSING_IMAGE, read_image, safe_path
from actors.prompts.rewriting import with_marks
from pipelines.manifest import Manifest
from trainers.loop.examples import write_examples
from trainers.loop.trainee import Example
from trainers.rewriter.data import Encoder, RewritingRow

logger = logging.getLogger(__name__)

READS = ("id", "status", "images", "instruction", "response", "response_original")
CHUNK = 512
READERS = 8

WORDS, COUNTS = ("manifest", "id", "state", "reason", "detail"), ("turns_left_out", "tokens")
LEDGER = pa.schema({**dict.fromkeys(WORDS, pa.string()), **dict.fromkeys(COUNTS, pa.int32())})


@dataclass(frozen=True)
class Counts:
    """Rows by outcome; `used` + `not_live` + `not_chosen` + all of `refused` = `read`."""

    read: int
    used: int
    not_live: int
    not_chosen: int
    shortened: int
    refused: dict[str, int]
    tokens: int
    target_tokens: int


def check_columns(manifest: Manifest) -> None:
    """Raises ValueError when a manifest lacks a column the rewriter reads, or has no live row."""
    missing = [name for name in READS if name not in manifest.schema]
    if missing:
        raise ValueError(
            f"{manifest.path} has no column {missing}; expected the output of `python -m pipelines distort` "
            f"(draft in response, text to learn in response_original); it has {sorted(manifest.schema)}"
        )
    if not manifest.rows.get("kept", 0):
        raise ValueError(f"{manifest.path} has no live row ({manifest.rows}); give a run that kept some")


def prepare(
    manifests: Sequence[Manifest], encoder: Encoder, folder: Path, *, rows: int | None, seed: int
) -> Counts:
    """Writes `examples.parquet` and `ledger.parquet` into `folder` and returns what they hold.

    At most `rows` live rows are taken, chosen by the seed and their ids. Every picture is decoded once
    here, so that training does not meet a broken one.

    Raises:
        ValueError: no row is left to train on.
    """
    chosen = _chosen(manifests, rows, seed)
    ledger: list[dict[str, Any]] = []

    def chunks() -> Iterator[list[Example]]:
        for manifest in manifests:
            logger.info("reading %s", manifest.path)
            table = manifest.table(READS).sort_by("id")
            for start in range(0, table.num_rows, CHUNK):
                chunk = table.slice(start, CHUNK).to_pylist()
                yield _take(manifest, chunk, chosen, encoder, ledger)

    write_examples(chunks(), folder)
    counts = _count(ledger)
    pq.write_table(pa.Table.from_pylist(ledger, LEDGER), folder / "ledger.parquet")
    if not counts.used:
        raise ValueError(
            f"no row is left to train on; refused: {counts.refused}; see {folder}/ledger.parquet"
        )
    return counts


def _chosen(manifests: Sequence[Manifest], rows: int | None, seed: int) -> set[tuple[str, str]] | None:
    """Manifest and id of the rows to take; None for all."""
    if rows is None or sum(manifest.rows.get("kept", 0) for manifest in manifests) <= rows:
        return None
    live = [
        (str(manifest.path), row["id"])
        for manifest in manifests
        for row in manifest.table(["id", "status"]).to_pylist()
        if row["status"] == LIVE
    ]
    return set(sorted(live, key=lambda row: (row_seed(seed, row[1]), row))[:rows])


def _take(
    manifest: Manifest,
    chunk: list[dict[str, Any]],
    chosen: set[tuple[str, str]] | None,
    encoder: Encoder,
    ledger: list[dict[str, Any]],
) -> list[Example]:
    """The chunk's examples; every row of it gets a line in the ledger."""
    candidates, lines = [], []
    for row in chunk:
        line = {"manifest": str(manifest.path), "id": row["id"], "turns_left_out": 0, "tokens": 0}
        lines.append(line)
        if row["status"] != LIVE:
            line["state"] = "not_live"
        elif chosen is not None and (str(manifest.path), row["id"]) not in chosen:
            line["state"] = "not_chosen"
        else:
            candidates.append((line, _rewriting_row(row)))
    encoded = encoder.encode([row for _, row in candidates])
    pictures = _read_pictures(manifest, [row for _, row in candidates])
    examples = []
    for (line, _), result in zip(candidates, encoded, strict=True):
        example = _with_paths(result, pictures)
        if isinstance(example, BadRow):
            line |= {"state": "refused", "reason": example.reason, "detail": example.detail}
            continue
        turns = result[1] if isinstance(result, tuple) else 0
        line |= {"state": "used", "turns_left_out": turns, "tokens": len(example.ids)}
        line["targets"] = example.num_targets  # to be counted; no column of the ledger
        examples.append(example)
    ledger += lines
    return examples


def _rewriting_row(row: dict[str, Any]) -> RewritingRow:
    images = tuple(row["images"] or ())
    instruction = with_marks(row["instruction"] or "", len(images))
    return RewritingRow(row["id"], instruction, row["response"] or "", row["response_original"] or "", images)


def _read_pictures(manifest: Manifest, rows: Sequence[RewritingRow]) -> dict[str, str | BadRow]:
    """Every picture is decoded; its absolute path by URI, or what is wrong with it."""
    distinct = list(dict.fromkeys(uri for row in rows for uri in row.images))
    root = manifest.image_root

    def check(uri: str) -> str | BadRow:
        if root is None:
            return BadRow(MISSING_IMAGE, f"{manifest.path} names no image folder")
        try:
            read_image(Path(root), uri)
            return str(safe_path(Path(root), uri))
        except BadRow as bad:
            return bad

    with ThreadPoolExecutor(READERS) as pool:
        return dict(zip(distinct, pool.map(check, distinct), strict=True))


def _with_paths(result: tuple[Example, int] | BadRow, pictures: dict[str, str | BadRow]) -> Example | BadRow:
    """The example with its pictures' absolute paths."""
    if isinstance(result, BadRow):
        return result
    paths = [pictures[uri] for uri in result[0].images]
    broken = next((path for path in paths if isinstance(path, BadRow)), None)
    return broken or replace(result[0], images=tuple(map(str, paths)))


def _count(ledger: Sequence[dict[str, Any]]) -> Counts:
    states = Counter(line["state"] for line in ledger)
    counts = Counts(
        read=len(ledger),
        used=states["used"],
        not_live=states["not_live"],
        not_chosen=states["not_chosen"],
        shortened=sum(line["turns_left_out"] > 0 for line in ledger),
        refused=dict(Counter(line["reason"] for line in ledger if line["state"] == "refused")),
        tokens=sum(line["tokens"] for line in ledger),
        target_tokens=sum(line.get("targets", 0) for line in ledger),
    )
    assert counts.used + counts.not_live + counts.not_chosen + sum(counts.refused.values()) == counts.read
    return counts
