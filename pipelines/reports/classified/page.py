"""One page on runs of a trained classifier."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Content, Markup, join, tag
from pipelines.reports.classified.cases import cases_section
from pipelines.reports.classified.confidence import confidence_section
from pipelines.reports.classified.rows import comparison, rows_section
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.classified.scores import scores_section
from pipelines.reports.page.run_page import RunPage, notice, run_terms, steps_table
from pipelines.reports.page.tables import definitions, paragraph

TERMS: dict[str, Content] = {
    "Accuracy, all labels right": "rows whose label, or whose every label, is people's / judged rows. Every "
    "row gets an answer, so that with one label per row micro F1 is the accuracy.",
    "Micro F1, macro F1": "F1 of all decisions together; mean F1 over labels that occur.",
    "95 % intervals": "Wilson for shares; 2,000 bootstrap draws over rows (percentiles, fixed seed) for F1; "
    "for the probabilities of several labels Wilson at the number of independent rows, as decisions on one "
    "row go together.",
}


def _head(runs: Sequence[ClassifiedRun]) -> tuple[str, Markup]:
    small = (
        "The model was trained with the pocket preset, on small parts that fit a laptop. Its figures say "
        "nothing about the published models."
    )
    pocket = any(run.manifest.config.get("preset") == "pocket" for run in runs)
    words = (
        "A classifier of pictures with text (MMBT) was trained on labelled rows, and labelled these. This "
        "page says which rows got a label, which did not and why, what its confidence is worth, and where "
        "people labelled the rows too, how often it is right."
    )
    return "What the classifier labelled", join(paragraph(words), notice(small) if pocket else None)


def _method(run: ClassifiedRun) -> Markup:
    manifest, config = run.manifest, run.manifest.config
    settings = run_terms(
        manifest,
        ("Model", tag("code", str(config["model"]))),
        ("SHA-256 of its weights", tag("code", str(config["weights_sha256"]))),
        ("Preset it was trained with", str(config.get("preset") or "not recorded")),
        ("Temperature of its probabilities", f"{config['temperature']:.3f}"),
        ("Labels", f"{len(run.labels)}, {'several' if run.several else 'one'} per row"),
        ("Number format", str(manifest.determinism.get("dtype", "not recorded"))),
        ("The same rows again", str(manifest.determinism.get("note", "not recorded"))),
        ("Finished", str(manifest.timings.get("finished", manifest.created))),
    )
    return join(definitions([*TERMS.items(), *settings]), steps_table(manifest))


PARTS = (
    ("rows", "What was labelled", rows_section),
    ("scores", "How good the labels are", scores_section),
    ("confidence", "What the confidence is worth", confidence_section),
    ("cases", "Single rows", cases_section),
    ("method", "How this was made", _method),
)
PAGE = RunPage("classify", "classified run", ClassifiedRun.read, _head, PARTS, side_by_side=comparison)
write_report = PAGE.write
