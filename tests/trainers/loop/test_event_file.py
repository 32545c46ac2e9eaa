from __future__ import annotations

from pathlib import Path

from event_files import shown_figures

from trainers.loop.event_file import EventFile


def test_a_resumed_run_shows_every_step_once(tmp_path: Path) -> None:
    first = EventFile(tmp_path, 0)  # never closed: its process was killed
    for step in range(4):
        first.add(step, {"loss": 4.0 - step})
    second = EventFile(tmp_path, 2)
    second.add(2, {"loss": 9.0})
    second.close()
    assert shown_figures(tmp_path / "tensorboard") == {"loss": [(0, 4.0), (1, 3.0), (2, 9.0)]}


def test_undefined_figures_are_left_out(tmp_path: Path) -> None:
    file = EventFile(tmp_path, 0)
    file.add(7, {"dev/accuracy": 0.5, "dev/auroc": None})
    assert shown_figures(tmp_path / "tensorboard") == {"dev/accuracy": [(7, 0.5)]}
