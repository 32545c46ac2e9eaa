"""One page on runs of any pipeline: what became of the rows, their figures, single rows, and the settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from actors.apply import MARKS
from actors.base import LIVE
from pipelines.manifest import Manifest
from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.plots.axes import Axis
from pipelines.plots.bars import column_chart
from pipelines.reasons import reason_words
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.run_page import RunPage, ids_by_reason, outcomes, run_terms, steps_table
from pipelines.reports.page.tables import Cell, definitions, figure, fold, paragraph, table, text_block
from pipelines.reports.page.wording import count, duration
from pipelines.schema import BASE_COLUMNS

BINS = 30
QUANTILES = {"least": 0.0, "lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75, "largest": 1.0}
KEPT = "kept"  # stands for a reason among the single rows


@dataclass(frozen=True)
class AnyRun:
    """A finished run of whatever pipeline."""

    manifest: Manifest

    @classmethod
    def read(cls, folder: Path) -> AnyRun:
        """The run in `folder`."""
        return cls(Manifest.read(folder))


def numeric_columns(manifest: Manifest) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Each column of numbers, or of yes and no as 1 and 0, with its values in kept rows; empty ones are not
    there."""
    schema = manifest.arrow_schema()
    for name in schema.names:
        kind = schema.field(name).type
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        if name in MARKS or not number:
            continue
        rows = manifest.table([name, "status"])
        values = rows.filter(pc.equal(rows["status"], LIVE))[name].drop_null()
        if len(values):
            yield name, np.asarray(pc.cast(values, pa.float64()))


def _head(runs: Sequence[AnyRun]) -> tuple[str, Markup]:
    lead = paragraph("Every row that came in was kept, dropped with a reason, or failed with a reason.")
    return f"What {runs[0].manifest.name} did", lead


def _rows(run: AnyRun) -> Markup:
    rows = run.manifest.rows
    return join(
        paragraph(f"{count(rows['in'], 'row')} came in."),
        outcomes(run.manifest, [(name, f"{rows[name]:,} {name}") for name in ("kept", "dropped", "failed")]),
    )


def _figures(run: AnyRun) -> Markup:
    columns = dict(numeric_columns(run.manifest))
    if not columns:
        return paragraph("No column of the kept rows holds numbers.")
    plots = [figure(name, _histogram(name, values)) for name, values in columns.items()]
    lines: list[list[Cell]] = []
    for name, values in columns.items():
        figures = [values.mean(), *np.quantile(values, list(QUANTILES.values()))]
        lines.append([name, len(values), *(f"{value:.4g}" for value in figures)])
    return join(tag("div", plots, class_="figures"), table(["Column", "Rows", "mean", *QUANTILES], lines))


def _histogram(name: str, values: NDArray[np.float64]) -> Markup:
    finite = values[np.isfinite(values)]
    x = Axis.over(f"{name} →", finite, room=0.02)
    edges = np.linspace(x.low, x.high, BINS + 1)
    if len(finite) and (finite == np.round(finite)).all():  # a bar stands for whole numbers, around them
        step = max(1.0, np.ceil((finite.max() - finite.min() + 1) / BINS))
        edges = np.arange(finite.min() - 0.5, finite.max() + step, step)
        x = Axis(x.title, float(edges[0]), float(edges[-1]))
    heights = np.histogram(finite, edges)[0]
    y = Axis("↑ rows", 0.0, float(max(1, heights.max())))
    layers = [("bar series-0", heights.tolist())]
    return column_chart(edges.tolist(), layers, x, y, name=f"kept rows by {name}")


def _cases(run: AnyRun) -> Markup:
    manifest = run.manifest
    rows = manifest.table(["id", "status", "reason"])
    kept = pc.if_else(pc.equal(rows["status"], LIVE), KEPT, rows["reason"])
    groups = ids_by_reason(rows.set_column(rows.schema.get_field_index("reason"), "reason", kept))
    shown = manifest.rows_by_id([one for ids in groups.values() for one in ids], list(manifest.schema))
    blocks: list[Content] = []
    for reason in sorted(groups, key=lambda reason: (reason != KEPT, reason)):
        words = [reason_words(reason, manifest.words), " ", tag("code", reason)]
        cards = [_card(shown[one], manifest.image_root) for one in groups[reason]]
        blocks += [tag("h3", "Kept" if reason == KEPT else words), tag("div", cards, class_="cases")]
    return join(blocks or paragraph("There is no row to show."))


def _card(row: Mapping[str, Any], image_root: str | None) -> Markup:
    texts = [(name, row.get(name)) for name in ("text", "instruction", "response")]
    others = [
        (name, clip(str(value), 300))
        for name, value in row.items()
        if value is not None and name not in (*BASE_COLUMNS, "text")
    ]
    return tag(
        "article",
        pictures(row["images"], image_root),
        [text_block(name, text, 600) for name, text in texts if text],
        paragraph(clip(row["detail"], 300), note=True) if row["detail"] else None,
        definitions(others) if others else None,
        tag("p", tag("code", row["id"]), class_="note"),
        class_="card case",
    )


def _method(run: AnyRun) -> Markup:
    manifest, timings = run.manifest, run.manifest.timings
    terms = run_terms(
        manifest,
        ("Time", duration(timings.get("wall_s", 0.0))),
        ("The same rows again", str(manifest.determinism.get("note") or "not recorded")),
    )
    stages = [
        [stage["name"], stage["rows"], duration(stage["busy_s"]), stage["workers"]]
        for stage in timings.get("stages", [])
    ]
    settings = [(name, tag("code", value)) for name, value in _flat_settings(manifest.config)]
    return join(
        definitions(terms),
        steps_table(manifest),
        table(["Stage", "rows", "at work", "workers"], stages) if stages else None,
        fold("Settings", definitions(settings)),
    )


def _flat_settings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every setting with its path, `source.seed`."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat_settings(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value if isinstance(value, str) else json.dumps(value)


PARTS = (
    ("rows", "What became of the rows", _rows),
    ("figures", "Figures of the kept rows", _figures),
    ("cases", "Single rows", _cases),
    ("method", "How this was made", _method),
)
PAGE = RunPage("finished", "run", AnyRun.read, _head, PARTS)
render, write_report = PAGE.render, PAGE.write
