"""What a run says about itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from distorted_run import SMALL

from trainers.loop.trainee import Job
from trainers.rewriter.closing import model_card, print_closing, print_plan
from trainers.rewriter.prepared import Counts


def test_card_plot_and_board_are_written(finished: Path) -> None:
    card = (finished / "out/model/README.md").read_text()
    assert "38 rows trained on of 40 read" in card and "too_long 1" in card
    assert (finished / "out/loss.svg").read_text().count("<polyline") == 2
    assert list((finished / "out/tensorboard").glob("events*"))


def test_the_card_tells_data_settings_losses_and_versions(finished: Path) -> None:
    training = json.loads((finished / "out/training.json").read_text())
    card = model_card(training, kind="adapter")
    assert "LoRA weights in peft's layout" in card and str(finished / "data") in card
    assert "2 epochs, 10 steps of 8 rows, learning rate 0.005 (cosine, warm-up 2)" in card
    assert f"loss {training['figures']['first_loss']:.3f} at first" in card
    assert f"torch {training['versions']['torch']}" in card
    assert "The whole model" in model_card(training, kind="model")
    training["rows"]["refused"] = {}
    assert "refused: none" in model_card(training, kind="model")


def test_the_closing_table_has_counts_losses_and_paths(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_closing(finished / "out")
    text = capsys.readouterr().out
    figures = json.loads((finished / "out/training.json").read_text())["figures"]
    assert f"{figures['first_loss']:.3f} → {figures['last_loss']:.3f}" in text
    assert "too_long 1" in text and f"model: {finished}/out/model" in text


def test_a_plan_needs_no_model(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def build(settings: Any) -> Any:
        raise AssertionError("a plan builds no model")

    counts = Counts(**json.loads((finished / "out/prepared/counts.json").read_text()))
    print_plan(Job(finished / "out", "x", SMALL, build), 2, counts)
    text = capsys.readouterr().out
    assert "10 of 8 rows" in text and "padding share" in text and "38" in text
