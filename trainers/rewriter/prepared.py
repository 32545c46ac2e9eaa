"""The rows of manifests as examples on disk, every row accounted for."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from actors.base import LIVE, BadRow, row_seed
from actors.pictures.image_reader import MISSING_IMAGE, read_image, safe_path
from actors.prompts.rewriting import with_marks
from pipelines.manifest import Manifest
from trainers.rewriter.data import Encoder, Example, RewritingRow

logger = logging.getLogger(__name__)

READS = ("id", "status", "images", "instruction", "response", "response_original")
CHUNK = 512
READERS = 8

EXAMPLES = pa.schema(
    [
        ("id", pa.string()),
        ("ids", pa.list_(pa.int32())),
        ("target_starts", pa.list_(pa.int32())),
        ("target_ends", pa.list_(pa.int32())),
        ("images", pa.list_(pa.string())),
    ]
)
LEDGER = pa.schema(
    [
        ("manifest", pa.string()),
        ("id", pa.string()),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("turns_left_out", pa.int32()),
        ("tokens", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Counts:
    """Rows by what became of them; `used` + `not_live` + `not_chosen` + all of `refused` = `read`."""

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
    folder.mkdir(parents=True, exist_ok=True)
    chosen = _chosen(manifests, rows, seed)
    ledger: list[dict[str, Any]] = []
    with pq.ParquetWriter(folder / "examples.part", EXAMPLES) as writer:
        for manifest in manifests:
            logger.info("reading %s", manifest.path)
            for chunk in _chunks(manifest):
                examples = _take(manifest, chunk, chosen, encoder, ledger)
                writer.write_table(pa.Table.from_pylist([_as_row(one) for one in examples], EXAMPLES))
    counts = _counted(ledger, folder / "examples.part")
    pq.write_table(pa.Table.from_pylist(ledger, LEDGER), folder / "ledger.parquet")
    if not counts.used:
        raise ValueError(
            f"no row is left to train on; refused: {counts.refused}; see {folder}/ledger.parquet"
        )
    (folder / "examples.part").replace(folder / "examples.parquet")
    return counts


class Examples:
    """The prepared rows; `lengths` are their tokens, `num_targets` how many of these are predicted."""

    def __init__(self, folder: Path) -> None:
        self.table = pq.read_table(folder / "examples.parquet", memory_map=True).combine_chunks()
        self.lengths: list[int] = [len(ids) for ids in self.table["ids"]]
        starts, ends = self.table["target_starts"].to_pylist(), self.table["target_ends"].to_pylist()
        self.num_targets: list[int] = [sum(b) - sum(a) for a, b in zip(starts, ends, strict=True)]

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Example:
        row = {name: self.table[name][index].as_py() for name in EXAMPLES.names}
        targets = tuple(zip(row["target_starts"], row["target_ends"], strict=True))
        return Example(row["id"], tuple(row["ids"]), targets, tuple(row["images"]))


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


def _chunks(manifest: Manifest) -> Iterator[list[dict[str, Any]]]:
    table = manifest.table(READS).sort_by("id")
    for start in range(0, table.num_rows, CHUNK):
        yield table.slice(start, CHUNK).to_pylist()


def _take(
    manifest: Manifest,
    chunk: list[dict[str, Any]],
    chosen: set[tuple[str, str]] | None,
    encoder: Encoder,
    ledger: list[dict[str, Any]],
) -> list[Example]:
    """The chunk's examples; every row of it gets a line in the ledger."""
    wanted, lines = [], []
    for row in chunk:
        line = {"manifest": str(manifest.path), "id": row["id"], "turns_left_out": 0, "tokens": 0}
        lines.append(line)
        if row["status"] != LIVE:
            line["state"] = "not_live"
        elif chosen is not None and (str(manifest.path), row["id"]) not in chosen:
            line["state"] = "not_chosen"
        else:
            wanted.append((line, _rewriting_row(row)))
    encoded = encoder.encode([row for _, row in wanted])
    pictures = _checked_pictures(manifest, [row for _, row in wanted])
    examples = []
    for (line, _), result in zip(wanted, encoded, strict=True):
        example = _placed(result, pictures)
        if isinstance(example, BadRow):
            line |= {"state": "refused", "reason": example.reason, "detail": example.detail}
            continue
        turns = result[1] if isinstance(result, tuple) else 0
        line |= {"state": "used", "turns_left_out": turns, "tokens": len(example.ids)}
        examples.append(example)
    ledger += lines
    return examples


def _rewriting_row(row: dict[str, Any]) -> RewritingRow:
    images = tuple(row["images"] or ())
    return RewritingRow(
        row["id"],
        with_marks(row["instruction"] or "", len(images)),
        row["response"] or "",
        row["response_original"] or "",
        images,
    )


def _checked_pictures(manifest: Manifest, rows: Sequence[RewritingRow]) -> dict[str, str | BadRow]:
    """Absolute path by URI, or what is wrong with the picture."""
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


def _placed(result: tuple[Example, int] | BadRow, pictures: dict[str, str | BadRow]) -> Example | BadRow:
    """The example with its pictures' absolute paths."""
    if isinstance(result, BadRow):
        return result
    example = result[0]
    paths: list[str] = []
    for uri in example.images:
        path = pictures[uri]
        if isinstance(path, BadRow):
            return path
        paths.append(path)
    return Example(example.id, example.ids, example.targets, tuple(paths))


def _as_row(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "ids": list(example.ids),
        "target_starts": [start for start, _ in example.targets],
        "target_ends": [end for _, end in example.targets],
        "images": list(example.images),
    }


def _counted(ledger: Sequence[dict[str, Any]], file: Path) -> Counts:
    states = Counter(line["state"] for line in ledger)
    table = pq.read_table(file, columns=["target_starts", "target_ends"])
    ends, starts = (sum(map(sum, table[name].to_pylist())) for name in ("target_ends", "target_starts"))
    counts = Counts(
        read=len(ledger),
        used=states["used"],
        not_live=states["not_live"],
        not_chosen=states["not_chosen"],
        shortened=sum(line["turns_left_out"] > 0 for line in ledger),
        refused=dict(Counter(line["reason"] for line in ledger if line["state"] == "refused")),
        tokens=sum(line["tokens"] for line in ledger),
        target_tokens=ends - starts,
    )
    assert counts.used + counts.not_live + counts.not_chosen + sum(counts.refused.values()) == counts.read
    return counts
