"""Human labels against answers as shaded cells."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Content, Markup, tag
from pipelines.metrics.intervals.proportions import Counts, wilson
from pipelines.plots.drawing import WIDTH, drawing, fit_text, put_box, put_text

LEFT, TOP = 92, 66


def confusion_map(confusion: Counts, labels: Sequence[str], *, name: str) -> Markup:
    """Human labels down, answers across, the unanswered last where `confusion` counts them; a cell is shaded
    by its share of its row, and says share, count and interval when pointed at."""
    columns = [*labels, "no answer"][: confusion.shape[1]]
    width = (WIDTH - LEFT - 36) / len(columns)
    height = min(38.0, max(26.0, width))
    parts: list[Content] = [
        put_text(LEFT, 8, "answer →", "start"),
        put_text(LEFT - 6, TOP - 6, "human label ↓", "end"),
    ]
    for column, label in enumerate(columns):
        x = LEFT + width * (column + 0.5)
        turned = f"rotate(-38 {x:.1f} {TOP - 6})"
        parts.append(tag("text", fit_text(label, 15), x=f"{x:.1f}", y=TOP - 6, transform=turned))
    for row, label in enumerate(labels):
        y = TOP + height * row
        parts.append(put_text(LEFT - 6, y + height / 2 + 4, fit_text(label, 14), "end"))
        total = int(confusion[row].sum())
        for column, heading in enumerate(columns):
            where = f"{label} → {heading}"
            box = (LEFT + width * column, y, width, height)
            parts.append(_cell(int(confusion[row, column]), total, box, where, column == row))
    return drawing(round(TOP + height * len(labels) + 6), name, parts)


def _cell(number: int, total: int, box: tuple[float, float, float, float], where: str, right: bool) -> Markup:
    x, y, width, height = box
    share = wilson(number, total)
    value, low, high = share.numbers if share.defined else (0.0, 0.0, 0.0)
    words = f"{where}: {number:,} of {total:,}"
    if share.defined:
        words += f" = {value:.1%}, 95 % interval {low:.1%} to {high:.1%}"
    ink = "cell-text strong" if value > 0.55 else "cell-text"
    ink += " small" if width < 20 else ""
    tall = height > 30
    middle = x + width / 2
    shown = f"{100 * value:.0f}{'%' if width > 30 else ''}" if total else "–"
    style, shade = "cell right-cell" if right else "cell", f"{0.06 + 0.94 * value:.3f}"
    return tag(
        "g",
        tag("title", words),
        put_box(x + 1, y + 1, width - 2, height - 2, style, fill_opacity=shade),
        put_text(middle, y + height / 2 + (0 if tall else 4), shown, "middle", ink),
        put_text(middle, y + height / 2 + 12, f"{number:,}", "middle", f"{ink} small") if tall else None,
    )
