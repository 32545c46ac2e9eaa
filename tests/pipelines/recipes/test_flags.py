"""What the shared flags turn into, and what they refuse."""

from __future__ import annotations

import pytest

from actors.pictures.image_reader import ImageReader
from pipelines.recipes.flags import ENDPOINT_BATCHES, PoolFlags, RunFlags


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (PoolFlags(workers=0), "--workers is 0, expected 1 or more"),
        (PoolFlags(workers=-2), "--workers is -2"),
        (PoolFlags(batch_size=0), "--batch-size is 0"),
        (PoolFlags(gpus=-1.0), "--gpus is -1, expected 0 or more"),
        (PoolFlags(cpus=-0.5), "--cpus is -0.5"),
    ],
)
def test_a_pool_that_cannot_be_is_refused_in_the_words_of_its_flag(flags: PoolFlags, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        flags.stage(ImageReader("."))


def test_an_endpoint_takes_one_cpu_no_gpu_and_several_batches() -> None:
    stage = PoolFlags(workers=2).stage(ImageReader("."), local_model=False)
    assert (stage.workers, stage.cpus, stage.gpus) == ((2, 2), 1.0, 0.0)
    assert stage.concurrent_batches == ENDPOINT_BATCHES


def test_a_manifest_keeps_how_a_run_went_and_not_what_a_verb_prints() -> None:
    assert RunFlags(limit=3, plan=True, json=True).as_json() == {
        "limit": 3, "max_failed": 0.01, "fresh": False, "retry_failed": False, "address": None,
    }  # fmt: skip
