"""`python train_tiny.py OUT ZERO`: trains the tiny model on two workers; for tests that kill it."""

from __future__ import annotations

import sys
from pathlib import Path

import tiny_trainee
from ray import cloudpickle

from trainers.loop.launch import WorkerFlags, launch
from trainers.loop.train import train

if __name__ == "__main__":
    cloudpickle.register_pickle_by_value(tiny_trainee)
    job = tiny_trainee.tiny_job(Path(sys.argv[1]), epochs=8, zero=int(sys.argv[2]), pause_s=0.25)
    launch(job, train, WorkerFlags(workers=2, cpus=1, gpus=0))
