"""Figures over the steps or epochs of a training as one self-contained SVG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 28, 260
COLORS = ("#9bbce0", "#1f5fa8", "#c26a1b", "#3f8f4f")
STYLE = (
    "text{font:12px sans-serif;fill:#444}.title{font-size:14px;fill:#111}"
    ".grid{stroke:#ddd}.curve{stroke-width:2;fill:none}"
)


def write_loss_plot(losses: Sequence[float], file: Path, *, title: str) -> Path:
    """Every step's loss, pale, and its running mean; `file` with the plot in it."""
    return write_curves({"loss": losses, "running mean": running_mean(losses)}, file, title=title)


def write_curves(
    curves: Mapping[str, Sequence[float]], file: Path, *, title: str, axis: str = "optimizer step"
) -> Path:
    """Up to four curves of the same length, each named in its colour; `file` with the plot in it."""
    values = [value for curve in curves.values() for value in curve]
    low, high, points = min(values), max(values), max(map(len, curves.values()))
    spread = (high - low) or 1.0
    most = max(1, points - 1)

    def point(step: int, loss: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / most
        y = BOTTOM - (BOTTOM - TOP) * (loss - low) / spread
        return f"{x:.1f},{y:.1f}"

    def points_of(curve: Sequence[float]) -> str:
        return " ".join(point(step, value) for step, value in enumerate(curve))

    lines = [
        f'<polyline class="curve" stroke="{color}" points="{points_of(curve)}"/>'
        f'<text x="{WIDTH - RIGHT - 110 * (len(curves) - place)}" y="16" style="fill:{color}">{name}</text>'
        for place, (color, (name, curve)) in enumerate(zip(COLORS, curves.items(), strict=False))
    ]
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{title}</title><style>{STYLE}</style>"
        f'<text class="title" x="{LEFT}" y="16">{title}</text>'
        f"{_axes(low, high, points, axis)}{''.join(lines)}</svg>\n"
    )
    return file


def running_mean(losses: Sequence[float]) -> list[float]:
    """Each step's mean with the steps before it, over at most a twentieth of all."""
    window = max(1, len(losses) // 20)
    parts = [losses[max(0, end - window) : end] for end in range(1, len(losses) + 1)]
    return [sum(part) / len(part) for part in parts]


def _axes(low: float, high: float, steps: int, axis: str) -> str:
    marks = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = BOTTOM - (BOTTOM - TOP) * share
        x = LEFT + (WIDTH - LEFT - RIGHT) * share
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        loss = f"{low + (high - low) * share:.3g}"
        marks.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{loss}</text>')
        anchor = "end" if share == 1 else "middle"
        step = round(share * (steps - 1)) + 1
        marks.append(f'<text x="{x:.1f}" y="{BOTTOM + 18}" text-anchor="{anchor}">{step}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    return "".join(marks) + f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{axis}</text>'
