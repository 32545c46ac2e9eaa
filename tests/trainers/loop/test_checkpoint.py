from __future__ import annotations

import os
from pathlib import Path

import pytest
from tiny_trainee import tiny_job

from trainers.loop.checkpoint import CheckpointState, check_engine, latest, save
from trainers.loop.trainee import Job, Place


def write(job: Job, step: int) -> None:
    state = CheckpointState(step, workers=2, engine="zero2")
    save(job, Place(), state, lambda folder: (folder / "weights").touch(), lambda: None)  # type: ignore[arg-type]


def test_the_two_newest_stay(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    for step in (4, 8, 12):
        write(job, step)
    assert sorted(os.listdir(job.checkpoints)) == ["step-00000008", "step-00000012"]


def test_a_checkpoint_cut_off_while_it_was_written_is_never_read(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    write(job, 4)

    def torn(folder: Path) -> None:
        (folder / "weights").touch()
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        save(job, Place(), CheckpointState(8, 2, "zero2"), torn, lambda: None)
    found = latest(job.checkpoints)
    assert found is not None and found[1].step == 4


@pytest.mark.parametrize(
    ("workers", "zero", "fits"), [(2, 2, True), (3, 2, False), (2, 3, False), (0, 2, False)]
)
def test_other_workers_are_refused_with_the_way_on(
    tmp_path: Path, workers: int, zero: int, fits: bool
) -> None:
    job = tiny_job(tmp_path)
    write(job, 4)
    if fits:
        check_engine(tmp_path, job.checkpoints, workers=workers, zero=zero)
        return
    with pytest.raises(ValueError, match="up to step 4 by 2 workers .* go on with --workers 2"):
        check_engine(tmp_path, job.checkpoints, workers=workers, zero=zero)
