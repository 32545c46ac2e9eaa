from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from distorted_run import polite_rows, write_run
from tiny_flamingo import tiny_flamingo

from actors.prompts.rewriting import rewriting_prompt
from pipelines.manifest import Manifest
from trainers.loop.examples import Examples
from trainers.rewriter.data import Encoder, HuggingFaceTokens, Limits
from trainers.rewriter.prepared import check_columns, prepare


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    flamingo = tiny_flamingo()
    tokens = HuggingFaceTokens(flamingo.tokenizer, bos=1, eos=2, media=flamingo.media_token)
    return Encoder(tokens, rewriting_prompt, Limits(1024))


def test_examples_come_back_as_they_were_encoded(tmp_path: Path, encoder: Encoder) -> None:
    run = write_run(tmp_path / "run", polite_rows(12))
    counts = prepare([Manifest.read(run)], encoder, tmp_path / "out", rows=None, seed=0)
    examples = Examples(tmp_path / "out")
    assert counts.used == len(examples) == 12
    assert counts.tokens == sum(examples.lengths) and counts.target_tokens == sum(examples.num_targets)
    example = examples[1]
    assert example.id == "toy/0001" and example.images == tuple(
        str(run / "pictures" / name) for name in ("1.png", "2.png")
    )
    assert example.num_targets == examples.num_targets[1] == len("It is very red.") + 1


def test_broken_pictures_and_paths_cost_their_own_row_alone(tmp_path: Path, encoder: Encoder) -> None:
    rows = polite_rows(8)
    rows[1] |= {"images": ["1.png", "gone.png"]}
    rows[2] |= {"images": ["../part-0.parquet"]}
    rows[4] |= {"images": ["text.png"]}
    run = write_run(tmp_path / "run", rows)
    (run / "pictures/text.png").write_text("no picture")
    counts = prepare([Manifest.read(run)], encoder, tmp_path / "out", rows=None, seed=0)
    assert counts.refused == {"missing_image": 1, "image_outside_root": 1, "unreadable_image": 1}
    assert counts.used == 5


def test_rows_are_chosen_by_the_seed_and_the_rest_is_counted(tmp_path: Path, encoder: Encoder) -> None:
    manifest = Manifest.read(write_run(tmp_path / "run", polite_rows(30)))
    chosen = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        counts = prepare([manifest], encoder, tmp_path / name, rows=10, seed=seed)
        assert (counts.read, counts.used, counts.not_chosen) == (30, 10, 20)
        ledger = pq.read_table(tmp_path / name / "ledger.parquet").to_pylist()
        chosen.append({line["id"] for line in ledger if line["state"] == "used"})
    assert chosen[0] == chosen[1] != chosen[2]


def test_nothing_to_train_on_is_an_error_that_counts_the_reasons(tmp_path: Path, encoder: Encoder) -> None:
    rows = [row | {"response_original": ""} for row in polite_rows(4)]
    manifest = Manifest.read(write_run(tmp_path / "run", rows))
    with pytest.raises(ValueError, match="'empty_target': 4"):
        prepare([manifest], encoder, tmp_path / "out", rows=None, seed=0)
    assert not (tmp_path / "out/examples.parquet").exists()


def test_a_manifest_without_drafts_is_refused_by_column(tmp_path: Path) -> None:
    manifest = Manifest.read(write_run(tmp_path / "run", polite_rows(2)))
    del manifest.schema["response_original"]
    with pytest.raises(ValueError, match="no column .'response_original'."):
        check_columns(manifest)
