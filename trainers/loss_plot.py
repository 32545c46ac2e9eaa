"""The loss over the steps as one self-contained SVG file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 28, 260
STYLE = (
    "text{font:12px sans-serif;fill:#444}.title{font-size:14px;fill:#111}"
    ".grid{stroke:#ddd}.raw{stroke:#9bbce0;fill:none}.mean{stroke:#1f5fa8;stroke-width:2;fill:none}"
)


def write_loss_plot(losses: Sequence[float], file: Path, *, title: str) -> Path:
    """Every step's loss, pale, and its running mean; `file` with the plot in it."""
    low, high = min(losses), max(losses)
    spread = (high - low) or 1.0
    most = max(1, len(losses) - 1)

    def point(step: int, loss: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / most
        y = BOTTOM - (BOTTOM - TOP) * (loss - low) / spread
        return f"{x:.1f},{y:.1f}"

    curves = [("raw", losses), ("mean", running_mean(losses))]
    lines = [
        f'<polyline class="{name}" points="{" ".join(point(i, v) for i, v in enumerate(values))}"/>'
        for name, values in curves
    ]
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{title}</title><style>{STYLE}</style>"
        f'<text class="title" x="{LEFT}" y="16">{title}</text>'
        f"{_axes(low, high, len(losses))}{''.join(lines)}</svg>\n"
    )
    return file


def running_mean(losses: Sequence[float]) -> list[float]:
    """Each step's mean with the steps before it, over at most a twentieth of all."""
    window = max(1, len(losses) // 20)
    parts = [losses[max(0, end - window) : end] for end in range(1, len(losses) + 1)]
    return [sum(part) / len(part) for part in parts]


def _axes(low: float, high: float, steps: int) -> str:
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
    return (
        "".join(marks) + f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">optimizer step</text>'
    )
