"""Rows as in paper B's Figure 4: picture, instruction, the polite response, and what became of it."""

from __future__ import annotations

from typing import Any

from pipelines.markup import Markup, clipped, join, tag
from pipelines.reports.distortion.run import NAMES, DistortionRun
from pipelines.reports.page.pictures import picture
from pipelines.reports.page.tables import paragraph

MOST = 4  # examples per strategy
PICTURES = 2


def examples_section(run: DistortionRun) -> Markup:
    """Up to four rows per strategy, spread evenly over the ids."""
    parts = []
    for strategy in run.strategies:
        rows = run.live(strategy)
        cards = [_card(rows[place], run.manifest.image_root) for place in _spread(len(rows))]
        body = tag("div", cards, class_="cases") if cards else paragraph("No row came through.", note=True)
        parts.append(join([tag("h3", NAMES[strategy]), body]))
    return join(parts)


def _spread(rows: int) -> list[int]:
    shown = min(MOST, rows)
    return [int((number + 0.5) * rows / shown) for number in range(shown)]


def _card(row: dict[str, Any], image_root: str | None) -> Markup:
    images = [picture(uri, image_root) for uri in (row["images"] or [])[:PICTURES]]
    return tag(
        "article",
        tag("div", images, class_="pictures") if images else None,
        _text("Instruction", row["instruction"], 600),
        _text("Original", row["response_original"], 900),
        _text("Distorted", row["response"], 900),
        tag("p", f"{row['distortion_detail']} · ", tag("code", row["id"]), class_="note"),
        class_="card case",
    )


def _text(name: str, text: str | None, length: int) -> Markup:
    return join([tag("h5", name), tag("p", clipped(text, length), class_="document", dir="auto")])
