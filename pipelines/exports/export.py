"""The live rows of a finished run as a data set, with its card and the list of what was left out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

from actors.base import LIVE, BadRow
from pipelines.exports.card import Tally, data_card
from pipelines.exports.pairs import PairMaker, label_column
from pipelines.exports.writers import TarShards, json_array, json_lines, write_parquet
from pipelines.manifest import Manifest
from pipelines.schema import Row

MARK = "<image>"
DIGITS = 4  # as in PF-1M


def pf1m_record(row: Row) -> dict[str, Any]:
    """The row with the fields of PF-1M, in its order; `<img_path>path<img_path>` stands where a picture does.

    The scores of paragraphs are there where the rewritten response had several, those of the kept ones
    in `paragraph_clip_scores`.
    """
    question = with_paths(row.get("instruction") or "", row.get("images") or [])
    record: dict[str, Any] = {"input": question, "output": row["response"]}
    _put(record, "rouge_score", row.get("rouge_score"))
    logits = row.get("nli_similarity")
    _put(record, "nli_similarity", logits)
    scores, filtered = row.get("paragraph_clip_scores") or [], row.get("filtered_paragraphs") or []
    if len(scores) > 1:
        record["filtered_paragraphs"] = [[round(low["score"], DIGITS), low["text"]] for low in filtered]
        record["paragraph_clip_scores"] = round_figures(kept_scores(scores, filtered))
    if logits is None:
        _put(record, "sts_similarity", row.get("sts_similarity"))
    record["original"] = row.get("response_original")
    _put(record, "reward", row.get("reward"))
    return record


def llava_record(row: Row) -> dict[str, Any]:
    """The row as LLaVA's instruction data; `image` is a path, or a list where there are several."""
    images = row.get("images") or []
    picture: dict[str, Any] = {"image": images[0] if len(images) == 1 else images} if images else {}
    return {"id": row["id"], **picture, "conversations": _turns(row)}


def sharegpt_record(row: Row) -> dict[str, Any]:
    """The row as a ShareGPT conversation with the list of its pictures."""
    return {"id": row["id"], "conversations": _turns(row), "images": row.get("images") or []}


def with_paths(instruction: str, images: list[str]) -> str:
    """The instruction with each mark replaced by its picture's path; pictures without a mark come last."""
    first, *rest = instruction.split(MARK)
    marks = [f"<img_path>{image}<img_path>" for image in images]
    places = [*marks, *[""] * len(rest)][: len(rest)]
    filled = [mark + piece for mark, piece in zip(places, rest, strict=True)]
    return first + "".join(filled) + "".join(marks[len(rest) :])


def with_marks(instruction: str, pictures: int) -> str:
    """The instruction with one mark per picture, the missing ones at the end."""
    return instruction + MARK * max(0, pictures - instruction.count(MARK))


def kept_scores(scores: list[float], filtered: list[Mapping[str, Any]]) -> list[float]:
    """The scores of the paragraphs that were not taken out."""
    left = list(scores)
    for low in filtered:
        left.remove(low["score"])
    return left


def round_figures(value: Any) -> Any:
    """Figures with PF-1M's four digits."""
    return [round(item, DIGITS) for item in value] if isinstance(value, list) else round(value, DIGITS)


def _put(record: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        record[name] = round_figures(value)


def _turns(row: Row) -> list[dict[str, str]]:
    question = with_marks(row.get("instruction") or "", len(row.get("images") or []))
    system = [{"from": "system", "value": row["system"]}] if row.get("system") else []
    return [*system, {"from": "human", "value": question}, {"from": "gpt", "value": row["response"]}]


logger = logging.getLogger(__name__)

Format = Literal["pf1m", "llava", "sharegpt", "parquet", "webdataset"]
RECORDS: Mapping[str, Callable[[Row], dict[str, Any]]] = {
    "pf1m": pf1m_record, "llava": llava_record, "sharegpt": sharegpt_record,
}  # fmt: skip
BATCH = 4096
CARD, ROWS, LEFT_OUT = "README.md", "rows.jsonl", "left_out.jsonl"
WHY = ("id", "dataset", "task", "status", "reason", "detail", "score", "threshold")


def export_run(run: Path, out: Path, kind: Format) -> Tally:
    """Writes the set under `out` and returns the counts.

    Raises:
        ValueError: no finished run, an unknown format, a folder that is not empty, or nothing to export.
    """
    manifest = Manifest.read(run)
    if kind not in get_args(Format):
        raise ValueError(f"format {kind!r} is not known; expected one of {', '.join(get_args(Format))}")
    if kind == "pf1m" and "response_original" not in manifest.schema:
        others = ", ".join(name for name in get_args(Format) if name != kind)
        raise ValueError(
            f"{run} has no response_original, which PF-1M needs; give a rewriting or filter run, or another "
            f"--format ({others})"
        )
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty; give another --out")
    if not manifest.rows["kept"]:
        raise ValueError(f"{run} kept no row, so there is nothing to export")
    out.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    with ExitStack() as stack:
        add = _open_set(kind, manifest, out, stack)
        rows, left_out = (stack.enter_context(json_lines(out / name)) for name in (ROWS, LEFT_OUT))
        batches = manifest.batches(list(manifest.schema), rows=BATCH)
        for row in chain.from_iterable(batch.to_pylist() for batch in batches):
            row = _add_row(row, add) if row["status"] == LIVE else row
            if row["status"] == LIVE:
                rows({name: row[name] for name in ("id", "dataset", "task", "images")})
                tally.exported[row["dataset"]] += 1
                tally.repaired += bool(row.get("filtered_paragraphs"))
            else:
                left_out({name: row[name] for name in WHY})
                tally.left_out[row["dataset"], row["status"], row["reason"]] += 1
    if kind == "parquet":
        write_parquet(manifest, out)
    (out / CARD).write_text(data_card(manifest, kind, tally), encoding="utf-8")
    logger.info("exported %d rows to %s, left out %d", tally.exported.total(), out, tally.left_out.total())
    return tally


def _open_set(kind: Format, manifest: Manifest, out: Path, stack: ExitStack) -> Callable[[Row], None]:
    """What takes one live row; Parquet is written from the shards instead."""
    if kind == "parquet":
        return lambda row: None
    pair = PairMaker(label_column(manifest.schema))
    if kind == "webdataset":
        root = Path(manifest.image_root) if manifest.image_root else None
        tar = stack.enter_context(TarShards(out, root))
        return lambda row: tar.add(sharegpt_record(pair(row)), row["images"] or [])
    append = stack.enter_context(json_array(out / f"{kind}.json"))
    record = RECORDS[kind]
    return lambda row: append(record(pair(row)))


def _add_row(row: Row, add: Callable[[Row], None]) -> Row:
    """The row, or the row marked failed where it is no pair or its picture cannot be put into the set."""
    try:
        add(row)
    except BadRow as bad:
        return row | {"status": "failed", "reason": bad.reason, "detail": bad.detail}
    return row
