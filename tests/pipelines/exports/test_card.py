"""The card of an exported set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from own_run import shout, write_own_run

from pipelines.exports.card import FORMATS, Tally, data_card
from pipelines.manifest import Manifest

TALLY = Tally(
    exported=Counter({"mine": 1200, "a|b": 3}),
    left_out=Counter({("mine", "dropped", "too_loud"): 4, ("mine", "failed", "missing_image"): 1}),
    repaired=2,
)


@pytest.fixture
def run(tmp_path: Path) -> Manifest:
    scoring = {"nli": "/home/me/.cache/models/nli-deberta", "sts": "org/mpnet", "clip": None}
    config = {
        "source": {"name": "lines"}, "rewriter": {"name": "polite"},
        "filtering": {"limits": {"min_words": 2}, "scoring": scoring},
    }  # fmt: skip
    return Manifest.read(write_own_run(tmp_path / "run", [shout(1)], config=config))


def test_every_data_set_has_its_rows_in_exported_and_left_out(run: Manifest) -> None:
    card = data_card(run, "llava", TALLY)
    assert card.startswith("# run: 1,203 rewritten responses\n")
    assert "| mine | 1,205 | 1,200 | 5 |" in card and FORMATS["llava"] in card
    assert "| a\\|b | 3 | 3 | 0 |" in card  # a bar in a name breaks no table
    assert "2 of the exported rows lost a paragraph" in card


def test_every_reason_has_its_words_those_of_the_run_first(run: Manifest) -> None:
    card = data_card(run, "llava", TALLY)
    assert "| mine | dropped | `too_loud` | 4 | more marks than the limit |" in card
    assert "| mine | failed | `missing_image` | 1 | the picture file is missing |" in card


def test_models_are_named_without_the_folders_of_this_machine(run: Manifest) -> None:
    card = data_card(run, "llava", TALLY)
    assert "polite; nli models/nli-deberta; sts org/mpnet" in card
    assert "| answer and raw answer (NLI) | models/nli-deberta |" in card and "/home/me" not in card
    assert "| `min_words` | 2 |" in card


def test_a_run_that_did_not_filter_has_no_limits(tmp_path: Path) -> None:
    run = Manifest.read(write_own_run(tmp_path / "run", [shout(1)]))
    assert "Limits and models" not in data_card(run, "parquet", TALLY)
