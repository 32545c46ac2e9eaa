from __future__ import annotations

from pathlib import Path

import pytest

from trainers.loop.trainee import IGNORED, Example, Run


def test_only_ids_inside_targets_are_predicted() -> None:
    chat = Example("a", (1, 10, 11, 12, 13, 14, 2), ((2, 3), (5, 7)))
    assert chat.labels() == [IGNORED, IGNORED, 11, IGNORED, IGNORED, 14, 2]
    assert chat.num_targets == 3 == sum(label != IGNORED for label in chat.labels())


def test_a_run_is_in_the_same_place_for_workers_that_stand_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run(Path("out"), "first")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run.prepared == tmp_path / "out/prepared" and run == Run(tmp_path / "out", "first")
