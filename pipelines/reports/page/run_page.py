"""What the pages on finished runs share: their folders, a section per part of each run, the closing line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.lineage import runs_behind
from pipelines.manifest import Manifest
from pipelines.markup import Content, Markup, join, tag
from pipelines.plots.bars import stacked_bar
from pipelines.reasons import reason_words
from pipelines.reports.page.skeleton import Section, page
from pipelines.reports.page.tables import Cell, colour_legend, paragraph, table
from pipelines.reports.page.wording import count

logger = logging.getLogger(__name__)
EXAMPLES = 3  # ids per reason


class HasManifest(Protocol):
    """A finished run, read for a page."""

    @property
    def manifest(self) -> Manifest: ...


Run = TypeVar("Run", bound=HasManifest)
Part = tuple[str, str, Callable[[Run], Markup]]  # anchor, title, function that renders the part


@dataclass(frozen=True)
class RunPage(Generic[Run]):
    """The page on finished runs of a verb: every part of every run.

    Args:
        what: noun for such a run in the log line.
        head: the title and the first words.
        named: template of a part's title where there are several runs.
        side_by_side: the section on several runs together.
    """

    verb: str
    what: str
    read: Callable[[Path], Run]
    head: Callable[[Sequence[Run]], tuple[str, Markup]]
    parts: Sequence[Part[Run]]
    named: str = "{title} ({run})"
    side_by_side: Callable[[Sequence[Run]], Markup] | None = None

    def write(self, run_dirs: Sequence[Path], out: Path) -> Path:
        """The HTML file, one self-contained page on the runs in `run_dirs`.

        Raises:
            ValueError: no folders, one twice, or one that holds no finished run of this kind.
        """
        runs = [self.read(folder) for folder in run_folders(run_dirs, self.verb)]
        return save_page(self.render(runs), out, count(len(runs), self.what))

    def render(self, runs: Sequence[Run]) -> Markup:
        """The page as text."""
        sections = sections_by_run(runs, self.parts, self.named)
        if self.side_by_side and len(runs) > 1:
            sections = [Section("runs", "The runs side by side", self.side_by_side(runs)), *sections]
        return page(*self.head(runs), sections, closing_words([run.manifest for run in runs]))


def read_run(folder: Path, verb: str) -> Manifest:
    """The manifest of the run in `folder`.

    Raises:
        ValueError: no finished run, or one of another kind.
    """
    manifest = Manifest.read(folder)
    if manifest.name != verb:
        raise ValueError(f"{folder} is a run of {manifest.name!r}; this page is on runs of {verb!r}")
    return manifest


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


def sections_by_run(
    runs: Sequence[Run], parts: Sequence[Part[Run]], named: str = "{title} ({run})"
) -> list[Section]:
    """Every part of every run; of several runs each title names its own."""
    form = named if len(runs) > 1 else "{title}"
    return [
        Section(f"{anchor}-{number}", form.format(title=title, run=name), make(run))
        for number, run in enumerate(runs)
        for name in [run.manifest.path.resolve().name]
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


def outcomes(manifest: Manifest, keys: Iterable[tuple[str, Content]]) -> Markup:
    """What became of the rows: the bar, what its colours stand for (by status), and the reasons."""
    bar = outcome_bar(manifest.rows, "rows by what came of them")
    return join(bar, colour_legend(keys), reason_table(manifest))


def steps_table(manifest: Manifest) -> Markup:
    """The runs that the rows went through, first one first."""
    lines: list[list[Cell]] = [
        [step.name, step.path.name, step.created, step.rows["in"], step.rows["kept"]]
        for step in (*reversed(runs_behind(manifest)), manifest)
    ]
    headings = ["Step", "folder", "finished", "rows in", "kept"]
    return table(headings, lines, caption="Where the rows came from")


def run_terms(manifest: Manifest, *terms: tuple[str, Content]) -> list[tuple[str, Content]]:
    """Folder and command of a run, then `terms` with their meaning, then the commit it ran with."""
    return [
        ("Folder", tag("code", str(manifest.path))),
        ("Command", tag("code", " ".join(map(str, manifest.command)))),
        *terms,
        ("Code", tag("code", manifest.git_commit or "not recorded")),
    ]


def model_terms(config: Mapping[str, Any]) -> list[tuple[str, Content]]:
    """The model that an annotation run asked, and how, as terms with their meaning."""
    return [
        ("Model", tag("code", str(config["annotator"].get("checkpoint", "not recorded")))),
        ("Engine, seed", f"{config.get('engine', 'not recorded')}, {config.get('seed', 'not recorded')}"),
    ]


def params_words(params: Mapping[str, Any]) -> str:
    """Decoding parameters with their values."""
    return ", ".join(f"{name}={value}" for name, value in params.items())


def closing_words(manifests: Sequence[Manifest]) -> str:
    """The text of the page's footer."""
    finished = max(str(manifest.timings.get("finished", "")) for manifest in manifests)
    return f"Made from {count(len(manifests), 'run manifest')}; the last run finished {finished}."


def save_page(html: Markup, out: Path, what: str) -> Path:
    """`out`, with the page in it; its folder is made if need be."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(html, encoding="utf-8")
    logger.info("report on %s: %s (%.1f MB)", what, out, out.stat().st_size / 1e6)
    return out


def spread(rows: int, most: int) -> list[int]:
    """At most `most` of so many places, evenly spread, away from the ends."""
    shown = min(most, rows)
    return [int((number + 0.5) * rows / shown) for number in range(shown)]


def ids_by_reason(table: pa.Table) -> dict[str, list[str]]:
    """A few ids of every reason, evenly spread over the sorted ids."""
    marked = table.filter(pc.is_valid(table["reason"])).select(["id", "reason"])
    ids: dict[str, list[str]] = {}
    for reason in pc.unique(marked["reason"]).to_pylist():
        with_reason = pc.equal(marked["reason"], reason)
        reason_ids = marked.filter(with_reason)["id"].combine_chunks()
        reason_ids = reason_ids.take(pc.sort_indices(reason_ids))
        spread = np.unique(np.linspace(0, len(reason_ids) - 1, min(EXAMPLES, len(reason_ids))).astype(int))
        ids[reason] = reason_ids.take(pa.array(spread)).to_pylist()
    return dict(sorted(ids.items()))
