"""`python train_mmbt.py ROOT OUT WORKERS`: trains the tiny MMBT; for tests that kill it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import mmbt_sets
import tiny_mmbt
from ray import cloudpickle

from trainers.loop.launch import WorkerFlags, launch
from trainers.mmbt.loop import train

if __name__ == "__main__":
    for module in (mmbt_sets, tiny_mmbt):
        cloudpickle.register_pickle_by_value(module)
    root, out, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    settings = mmbt_sets.small_settings(root, epochs=6, freeze_image=1, freeze_text=2, checkpoint_s=0.0)
    run = mmbt_sets.small_run(root, out, settings)
    slow = replace(run, build=mmbt_sets.build_slowly)
    launch(slow, train, WorkerFlags(workers=workers, cpus=1, gpus=0))
