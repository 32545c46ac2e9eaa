from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from tiny_trainee import tiny_job

from trainers.loop.metrics import MetricsLog, StepMetrics, progress_line, read_metrics


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
