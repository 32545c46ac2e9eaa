"""The report page for each kind of run: a new page is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.manifest import Manifest
from pipelines.reports import any_run
from pipelines.reports.annotation import page as annotation
from pipelines.reports.classified import page as classified
from pipelines.reports.distortion import page as distortion
from pipelines.reports.filter import page as filtering

WritePage = Callable[[Sequence[Path], Path], Path]


@dataclass(frozen=True)
class ReportPage:
    """A page on finished runs of one pipeline; `write` takes their folders and the file.

    With `setting` only runs whose settings have this key, such as rewriting runs that filtered too.
    """

    pipeline: str
    write: WritePage
    setting: str | None = None

    def suits(self, manifest: Manifest) -> bool:
        """Whether the page is made for runs like this one."""
        return manifest.name == self.pipeline and (self.setting is None or self.setting in manifest.config)


PAGES = (
    ReportPage("annotate", annotation.write_report),
    ReportPage("classify", classified.write_report),
    ReportPage("distort", distortion.write_report),
    ReportPage("filter", filtering.write_report),
    ReportPage("rewrite", filtering.write_report, setting="filtering"),
)


def write_report(runs: Sequence[Path], out: Path) -> Path:
    """The HTML file: the page on runs of this kind, or where there is none the one on any run.

    Raises:
        ValueError: no runs, no finished ones, or runs of several pipelines.
    """
    manifests = [Manifest.read(folder) for folder in runs]
    names = sorted({manifest.name for manifest in manifests})
    if len(names) > 1:
        raise ValueError(f"the runs are of several kinds, {', '.join(names)}; give those of one kind")
    pages = [page.write for page in PAGES if all(map(page.suits, manifests))]
    return [*pages, any_run.write_report][0](runs, out)
