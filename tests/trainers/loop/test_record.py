from __future__ import annotations

from pathlib import Path

from tiny_trainee import tiny_job

from pipelines.engine.run_folder import RunFolder
from trainers.loop.record import run_record, step_figures
from trainers.loop.train import train
from trainers.loop.trainee import Place


def test_a_record_says_when_how_often_and_with_what_it_was_trained(tmp_path: Path) -> None:
    RunFolder(tmp_path).begin({})
    RunFolder(tmp_path).begin({})
    record = run_record(tmp_path, {"settings": {"seed": 0}})
    assert (record["format"], record["starts"], record["settings"]) == (1, 2, {"seed": 0})
    assert record["created"].endswith("Z") and "torch" in record["versions"]


def test_figures_are_means_over_the_first_and_last_tenth(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, epochs=4)
    train(job, Place())
    figures = step_figures(tmp_path)
    assert figures["steps"] == 20 and figures["last_loss"] < figures["first_loss"]
    assert figures["tokens_per_s"] > 0 and 0 <= figures["padding_share"] < 1
