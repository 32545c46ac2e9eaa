"""Planted faults are really there, and the good half is really good."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pipelines.sources.scenes.faults import FAULTS, Material, plant
from pipelines.sources.scenes.source import Scenes


def folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def test_every_fault_is_planted_and_shows(tmp_path: Path) -> None:
    rows = list(Scenes(num_rows=900, kind="faults", cache=tmp_path).rows())
    counts = Counter(row["planted_fault"] for row in rows)
    assert set(counts) == {None, *FAULTS}
    assert 0.4 < counts[None] / len(rows) < 0.6
    for row in rows:
        text, good = row["response"], {row["polite_reference"], row["polite_paragraphs"]}
        match row["planted_fault"]:
            case None:
                assert text in good and row["fault_place"] is None
            case "unchanged":
                assert text == row["response_original"]
            case "recased":
                assert folded(text) == folded(row["response_original"])
            case "endless_repetition":
                last = [piece.strip() for piece in text.split(".") if piece.strip()][-1]
                assert text.count(last) >= 12 or text.count("!") >= 12
            case "missing_end":
                assert text.endswith("...") or text[-1] not in ".!?"
            case "leftover_boxes":
                assert "[0." in text and row["fault_place"] == "end"
            case "too_short":
                assert len(text.split()) < 2
            case "too_long":
                assert len(text.split()) > 400
            case "changed_answer":
                assert row["question_kind"] and text not in good
            case "hallucinated_paragraph":
                assert row["task"] == "caption" and len(text.split("\n\n")) == 2


def test_a_changed_answer_no_longer_holds_the_true_one(tmp_path: Path) -> None:
    rows = Scenes(num_rows=2000, kind="faults", cache=tmp_path).rows()
    changed = [
        row
        for row in rows
        if row["planted_fault"] == "changed_answer" and row["question_kind"] in ("colour", "shape", "size")
    ]
    assert len(changed) > 20
    for row in changed:
        assert row["answer"] not in row["response"].replace("What", "").split(".")[0].split()


def test_an_unknown_fault_is_named() -> None:
    from random import Random

    with pytest.raises(ValueError, match="fault 'rude'"):
        plant("rude", Material("a", "b", None, "c", ("d",), ()), Random(0))
