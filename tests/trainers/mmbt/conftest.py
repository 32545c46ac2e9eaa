"""One finished training for all tests that look at what it left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmbt_sets import colour_rows, tiny_settings, write_set
from tiny_mmbt import tiny_bert

from trainers.loop.launch import WorkerFlags
from trainers.mmbt.verb import mmbt

HERE = WorkerFlags(workers=0)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training in `out` with its sets `train` and `test` and `bert` beside it. Read only."""
    root = tmp_path_factory.mktemp("mmbt")
    test = colour_rows(12, first=60)
    test[0] |= {"human_label": "plant"}
    test[1] |= {"images": [], "text": ""}
    train, judged = write_set(root / "train", colour_rows(40)), write_set(root / "test", test)
    training = tiny_settings(tiny_bert(root / "bert"), epochs=8)
    mmbt((train,), test=(judged,), out=root / "out", training=training, workers=HERE)
    return root
