"""What the pages on finished runs share: their folders, a section per part of each run, the closing line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.lineage import runs_behind
from pipelines.manifest import Manifest
from pipelines.markup import Content, Markup, tag
from pipelines.plots.bars import stacked_bar
from pipelines.reasons import reason_words
from pipelines.reports.page.skeleton import Section
from pipelines.reports.page.tables import paragraph, table
from pipelines.reports.page.wording import count

logger = logging.getLogger(__name__)
EXAMPLES = 3  # ids per reason


class HasManifest(Protocol):
    """A finished run, read for a page."""

    @property
    def manifest(self) -> Manifest: ...


Run = TypeVar("Run", bound=HasManifest)
Part = tuple[str, str, Callable[[Run], Markup]]  # anchor, title, what stands there


def run_folders(run_dirs: Sequence[Path], verb: str) -> list[Path]:
    """The folders, each once.

    Raises:
        ValueError: there is none, or one is named twice.
    """
    folders = [Path(folder) for folder in run_dirs]
    if not folders:
        raise ValueError(f"a report needs at least one run; give the output folder of a {verb} run")
    places = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise ValueError(f"{folder} is given more than once; name every run once")
    return folders


def sections_by_run(runs: Sequence[Run], parts: Sequence[Part[Run]]) -> list[Section]:
    """Every part of every run; of several runs each title names its own."""
    return [
        Section(
            f"{anchor}-{number}",
            title if len(runs) == 1 else f"{title} ({run.manifest.path.resolve().name})",
            make(run),
        )
        for number, run in enumerate(runs)
        for anchor, title, make in parts
    ]


def notice(words: str) -> Markup:
    """A paragraph that stands out."""
    return tag("div", paragraph(words), class_="notice")


def outcome_bar(rows: Mapping[str, int], name: str) -> Markup:
    """Kept, dropped and failed rows as shares of a bar."""
    return stacked_bar([(status, rows[status]) for status in ("kept", "dropped", "failed")], name=name)


def reason_table(manifest: Manifest, none: str = "Every row got through.") -> Markup:
    """Dropped rows by reason, then failed ones, most frequent first; `none` says that there are no such."""
    lines = [
        tag(
            "tr",
            tag("td", f"{number:,}"),
            tag("td", reason_words(reason, manifest.words, status), " ", tag("code", reason)),
        )
        for status in ("dropped", "failed")
        for reason, number in sorted(
            manifest.reasons.get(status, {}).items(), key=lambda item: (-item[1], item[0])
        )
    ]
    if not lines:
        return paragraph(none)
    return tag("table", tag("tbody", lines), class_="reasons")


def steps_table(manifest: Manifest) -> Markup:
    """The runs that the rows went through, first one first."""
    lines: list[list[Content]] = [
        [step.name, step.path.name, step.created, f"{step.rows['in']:,}", f"{step.rows['kept']:,}"]
        for step in (*reversed(runs_behind(manifest)), manifest)
    ]
    headings = ["Step", "folder", "finished", "rows in", "kept"]
    return table(headings, lines, caption="Where the rows came from")


def folder_and_command(manifest: Manifest) -> list[tuple[str, Content]]:
    """Where a run lies and what started it, as terms with their meaning."""
    return [
        ("Folder", tag("code", str(manifest.path))),
        ("Command", tag("code", " ".join(map(str, manifest.command)))),
    ]


def code_version(manifest: Manifest) -> tuple[str, Content]:
    """The commit that a run was made with, as a term with its meaning."""
    return "Code", tag("code", manifest.git_commit or "not recorded")


def closing_words(manifests: Sequence[Manifest]) -> str:
    """What stands at the foot of the page."""
    finished = max(str(manifest.timings.get("finished", "")) for manifest in manifests)
    return f"Made from {count(len(manifests), 'run manifest')}; the last run finished {finished}."


def save_page(html: Markup, out: Path, what: str) -> Path:
    """`out`, with the page in it; its folder is made if need be."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(html, encoding="utf-8")
    logger.info("report on %s: %s (%.1f MB)", what, out, out.stat().st_size / 1e6)
    return out


def ids_by_reason(table: pa.Table) -> dict[str, list[str]]:
    """A few ids of every reason, evenly spread over the sorted ids."""
    marked = table.filter(pc.is_valid(table["reason"])).select(["id", "reason"])
    ids: dict[str, list[str]] = {}
    for reason in pc.unique(marked["reason"]).to_pylist():
        named = pc.equal(marked["reason"], reason)
        found = marked.filter(named)["id"].combine_chunks()
        found = found.take(pc.sort_indices(found))
        spread = np.unique(np.linspace(0, len(found) - 1, min(EXAMPLES, len(found))).astype(int))
        ids[reason] = found.take(pa.array(spread)).to_pylist()
    return dict(sorted(ids.items()))
