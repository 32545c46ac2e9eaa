from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from tiny_trainee import tiny_job

from pipelines.engine.run_folder import RunFolder
from trainers.loop.metrics import (
    MetricsLog,
    StepMetrics,
    progress_line,
    read_metrics,
    run_record,
    step_figures,
)
from trainers.loop.train import train
from trainers.loop.trainee import Place


def step(number: int, loss: float = 1.0) -> StepMetrics:
    return StepMetrics(number, loss, 1e-3, 0.5, rows=8, tokens=90, padded=100, targets=30, seconds=0.5)


def test_a_resumed_run_forgets_the_steps_it_does_again(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    job.metrics.write_text("".join(json.dumps(asdict(step(number))) + "\n" for number in range(6)) + '{"st')
    log = MetricsLog(job, start=4)
    log.add(step(4, loss=9.0))
    log.close()
    assert [one.step for one in read_metrics(job.metrics)] == [0, 1, 2, 3, 4]
    assert read_metrics(job.metrics)[-1].loss == 9.0


def test_the_live_line_says_loss_rate_padding_and_time_left() -> None:
    line = progress_line([step(number, 2.5) for number in range(30)], total=50)
    assert line == "step 30/50, loss 2.500, 180 tokens/s, padding 10 %, 10 s left"


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
