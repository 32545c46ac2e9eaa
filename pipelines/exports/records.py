"""One row as a record of PF-1M, LLaVA or ShareGPT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    return [{"from": "human", "value": question}, {"from": "gpt", "value": row["response"]}]
