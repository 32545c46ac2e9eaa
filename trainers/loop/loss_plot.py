"""Figures over the steps or epochs of a training as one self-contained SVG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.plots.axes import Axis
from pipelines.plots.drawing import as_file
from pipelines.plots.lines import Line, line_chart


def write_loss_plot(losses: Sequence[float], file: Path, *, title: str) -> Path:
    """Every step's loss and its running mean; `file` with the plot in it."""
    return write_curves({"loss": losses, "running mean": running_mean(losses)}, file, title=title)


def write_curves(
    curves: Mapping[str, Sequence[float]], file: Path, *, title: str, axis: str = "optimizer step"
) -> Path:
    """Curves over the same steps, counted from 1, each named in its colour; `file` with the plot in it."""
    lines = [
        Line(name, number, [(float(step), value) for step, value in enumerate(curve, 1)])
        for number, (name, curve) in enumerate(curves.items())
    ]
    steps = max(map(len, curves.values()))
    across = Axis(f"{axis} →", 1.0, float(max(2, steps)))
    up = Axis.over(title, [value for curve in curves.values() for value in curve])
    file.write_text(as_file(line_chart(lines, across, up, name=title, legend=True)))
    return file


def running_mean(losses: Sequence[float]) -> list[float]:
    """Each step's mean with the steps before it, over at most a twentieth of all."""
    window = max(1, len(losses) // 20)
    parts = [losses[max(0, end - window) : end] for end in range(1, len(losses) + 1)]
    return [sum(part) / len(part) for part in parts]
