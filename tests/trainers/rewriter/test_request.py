"""A training of the rewriter before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from distorted_run import SMALL, polite_rows, write_base, write_run

from trainers.loop.launch import WorkerFlags
from trainers.loop.settings import TrainingSettings
from trainers.rewriter.request import Request, check_request, prepare_rows


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, and a run with drafts. Read only."""
    folder = tmp_path_factory.mktemp("request")
    write_base(folder / "base")
    write_run(folder / "data", polite_rows(6))
    return folder


def request(
    root: Path, out: Path, *, settings: TrainingSettings = SMALL, workers: int = 0, base: str = "base"
) -> Request:
    flags = WorkerFlags(workers=workers)
    return check_request([root / "data"], out, str(root / base), settings, flags)


def test_all_that_decides_the_weights_is_in_the_identity_and_workers_are_not(
    root: Path, tmp_path: Path
) -> None:
    one = request(root, tmp_path / "a").identity()
    assert list(one) == ["settings", "base", "manifests"]
    assert request(root, tmp_path / "b", workers=2).identity() == one
    assert request(root, tmp_path / "c", settings=replace(SMALL, seed=1)).identity() != one
    assert one["manifests"] == {str(root / "data"): one["manifests"][str(root / "data")]}


def test_the_settings_that_run_folders_hold_keep_their_names(root: Path, tmp_path: Path) -> None:
    """Runs of earlier versions go on by these names."""
    assert list(request(root, tmp_path / "a").identity()["settings"]) == [
        "moves", "learning_rate", "epochs", "batch_size", "context", "max_images",
        "tokens_per_micro_batch", "precision", "zero", "activation_checkpointing", "warmup_steps",
        "schedule", "max_grad_norm", "weight_decay", "over_long", "lora_rank", "lora_alpha",
        "lora_dropout", "lora_init_from", "rows", "seed", "checkpoint_every",
    ]  # fmt: skip


def test_rows_are_prepared_on_the_first_start_alone(root: Path, tmp_path: Path) -> None:
    asked = request(root, tmp_path / "out")
    counts = prepare_rows(asked)
    assert counts.used == 6
    (tmp_path / "out/prepared/examples.parquet").unlink()  # a second start reads the counts alone
    assert prepare_rows(asked) == counts


def test_what_cannot_be_trained_is_named_before_the_folder_is_made(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ValueError, match="--workers -1: expected 0"):
        request(root, out, workers=-1)
    with pytest.raises(ValueError, match="no folder with a flamingo.json"):
        request(root, out, base="data")
    with pytest.raises(ValueError, match="no manifest; give"):
        check_request([], out, str(root / "base"), SMALL, WorkerFlags())
    with pytest.raises(ValueError, match="a manifest is given twice"):
        check_request([root / "data"] * 2, out, str(root / "base"), SMALL, WorkerFlags())
    assert not out.exists()


def test_a_trainee_is_built_from_the_base_in_the_worker(root: Path, tmp_path: Path) -> None:
    job = request(root, tmp_path / "out").job("first")
    assert job.session == "first" and job.settings == SMALL
    assert job.build(job.settings).module.training
