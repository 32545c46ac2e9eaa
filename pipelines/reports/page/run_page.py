"""What the pages on finished runs share: their folders, a section per part of each run, the closing line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pipelines.manifest import Manifest
from pipelines.markup import Markup
from pipelines.reports.page.skeleton import Section
from pipelines.reports.page.wording import count

logger = logging.getLogger(__name__)


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
