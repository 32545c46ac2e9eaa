from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from distorted_run import CONTEXT, polite_rows, write_base, write_run
from safetensors.torch import load_file

from actors.models.flamingo.store import connector_tensors, load_flamingo, plain_language_tensors
from trainers.loop.launch import WorkerFlags
from trainers.rewriter.presets import POCKET_REWRITER
from trainers.rewriter.verb import rewriter

HERE = WorkerFlags(workers=0)
SMALL = replace(
    POCKET_REWRITER, context=CONTEXT, batch_size=8, epochs=2, lora_rank=4, learning_rate=5e-3, warmup_steps=2
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run trained to its end in this process: `base`, `data` and `out` beside one another. Read only."""
    root = tmp_path_factory.mktemp("rewriter")
    rows = polite_rows(40)
    rows[5] |= {"status": "dropped", "reason": "too_short"}
    rows[6] |= {"response_original": "long " * 60}
    rewriter((write_run(root / "data", rows),), out=root / "out", base=str(write_base(root / "base")),
             training=SMALL, workers=HERE)  # fmt: skip
    return root


def test_every_row_is_in_the_ledger_once(finished: Path) -> None:
    ledger = pq.read_table(finished / "out/prepared/ledger.parquet").to_pylist()
    states = {line["id"]: line["state"] for line in ledger}
    assert len(ledger) == len(states) == 40
    assert (states["toy/0005"], states["toy/0006"]) == ("not_live", "refused")
    training = json.loads((finished / "out/training.json").read_text())
    assert training["rows"]["refused"] == {"too_long": 1}
    assert training["rows"]["used"] == 38 == list(states.values()).count("used")


def test_training_lowers_the_loss(finished: Path) -> None:
    figures = json.loads((finished / "out/training.json").read_text())["figures"]
    assert figures["last_loss"] < figures["first_loss"]
    assert 0 < figures["padding_share"] < 0.5


def test_everything_frozen_is_bit_identical_in_the_export(finished: Path) -> None:
    before, after = load_flamingo(finished / "base"), load_flamingo(finished / "out/model")
    for name, value in before.model.vision_encoder.state_dict().items():
        assert torch.equal(value, after.model.vision_encoder.state_dict()[name]), name
    for name, value in connector_tensors(before).items():
        assert torch.equal(value, connector_tensors(after)[name]), name
    old, new = plain_language_tensors(before), plain_language_tensors(after)
    moved = {name for name, value in old.items() if not torch.equal(value, new[name])}
    assert {name.rpartition("_proj")[1] for name in moved - {"model.embed_tokens.weight"}} == {"_proj"}
    media = list(before.embedding.media_ids)
    rows = (old["model.embed_tokens.weight"] != new["model.embed_tokens.weight"]).any(dim=1)
    assert set(rows.nonzero().flatten().tolist()) <= set(media)
    assert rows[before.media_token]


def test_the_merged_model_says_what_base_and_adapter_say(finished: Path) -> None:
    from actors.models.flamingo.config import LoraSettings
    from actors.models.flamingo.lora import add_lora

    merged, base = load_flamingo(finished / "out/model"), load_flamingo(finished / "base")
    adapter = finished / "out/adapter"
    add_lora(base.language_model, LoraSettings(rank=4, alpha=16, init_from=str(adapter)))
    base.embedding.set_media_rows(load_file(adapter / "media_rows.safetensors")["media_rows"])
    ids = torch.tensor([[1, 50, base.media_token, 60, 61]])
    pixels = torch.randn(1, 1, 1, 3, 16, 16)
    with torch.no_grad():
        expected = base.model.eval()(pixels, ids, torch.ones_like(ids)).logits
        assert torch.allclose(merged.model(pixels, ids, torch.ones_like(ids)).logits, expected, atol=1e-4)


def test_the_same_command_again_changes_nothing(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (finished / "out/model/flamingo.safetensors").stat().st_mtime_ns
    rewriter(
        (finished / "data",), out=finished / "out", base=str(finished / "base"), training=SMALL, workers=HERE
    )
    assert "finished already" in capsys.readouterr().out
    assert (finished / "out/model/flamingo.safetensors").stat().st_mtime_ns == before


def test_other_settings_in_the_same_folder_are_refused_by_name(finished: Path) -> None:
    with pytest.raises(ValueError, match="settings.epochs: 2 → 3"):
        rewriter((finished / "data",), out=finished / "out", base=str(finished / "base"),
                 training=replace(SMALL, epochs=3), workers=HERE)  # fmt: skip


def test_card_plot_and_board_are_written(finished: Path) -> None:
    card = (finished / "out/model/README.md").read_text()
    assert "38 rows trained on of 40 read" in card and "too_long 1" in card
    assert (finished / "out/loss.svg").read_text().count("<polyline") == 2
    assert list((finished / "out/tensorboard").glob("events*"))


def test_mistakes_are_named_before_anything_is_read(finished: Path, tmp_path: Path) -> None:
    def run(manifest: Path, **changes: object) -> None:
        training = replace(SMALL, **changes)
        rewriter(
            (manifest,), out=tmp_path / "new", base=str(finished / "base"), training=training, workers=HERE
        )

    with pytest.raises(ValueError, match="is not a folder"):
        run(tmp_path / "nothing")
    with pytest.raises(ValueError, match="give --context 420 or less"):
        run(finished / "data", context=1024)
    with pytest.raises(ValueError, match="no live row"):
        run(write_run(tmp_path / "dead", [row | {"status": "dropped"} for row in polite_rows(3)]))
    with pytest.raises(ValueError, match="epochs is 0"):
        run(finished / "data", epochs=0)
    assert not (tmp_path / "new").exists()
