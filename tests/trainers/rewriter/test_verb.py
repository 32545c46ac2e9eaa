from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from distorted_run import SMALL, polite_rows, write_run

from trainers.loop.launch import WorkerFlags
from trainers.rewriter.verb import rewriter

HERE = WorkerFlags(workers=0)


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
