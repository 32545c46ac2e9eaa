"""One page on runs of a trained classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.classified.confidence import confidence_section
from pipelines.reports.classified.run import SURE, UNSURE, WRONG, ClassifiedRun
from pipelines.reports.classified.scores import estimates, scores_section
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.run_page import RunPage, notice, outcomes, run_terms, steps_table
from pipelines.reports.page.tables import Cell, definitions, fold, paragraph, table
from pipelines.reports.page.wording import count, percent

OUTCOMES = (("kept", "labelled"), ("dropped", "dropped"), ("failed", "failed"))
MOST_OUTSIDE = 20


def rows_section(run: ClassifiedRun) -> Markup:
    """Rows in and out with reasons, grey pictures, empty texts, unknown labels, and the labels given."""
    rows, live = run.manifest.rows, len(run.judged)
    parts = [f"{rows[key]:,} {words}" for key, words in OUTCOMES if rows[key] or key == "kept"]
    return join(
        paragraph(f"{count(rows['in'], 'row')} came in: {', '.join(parts)}."),
        outcomes(run.manifest, OUTCOMES),
        tag("h3", "What the labelled rows lacked"),
        _lacks(run),
        tag("h3", "Labels given"),
        _label_counts(run) if live else paragraph("None."),
    )


def comparison(runs: Sequence[ClassifiedRun]) -> Markup:
    """A line per run: rows and figures."""
    lines: list[list[Cell]] = []
    figures = [estimates(run) for run in runs]
    names = list(dict.fromkeys(name for scores in figures for name in scores))
    for run, scores in zip(runs, figures, strict=True):
        numbers = [run.manifest.rows["in"], len(run.judged), run.problems.total(), len(run.truth)]
        cells = [scores.get(name, "—") for name in names]
        lines.append([run.manifest.path.resolve().name, *numbers, *cells])
    return table(["Run", "Rows in", "Labelled", "Grey picture", "Judged", *names], lines)


def _lacks(run: ClassifiedRun) -> Markup:
    lines = [
        [f"Grey picture: {reason_words(reason)}", *_share(number, len(run.judged))]
        for reason, number in run.problems.most_common()
    ]
    if run.empty_texts:
        lines.append(["Empty text", *_share(run.empty_texts, len(run.judged))])
    if not lines:
        lines.append(["Nothing: every row had a readable picture and a text", "", ""])
    lacking = table(["What", "Rows", "Share of labelled rows"], lines)
    if not run.outside:
        return lacking
    shown = run.outside.most_common(MOST_OUTSIDE)
    words = (
        f"{count(run.outside.total(), 'human label')} of {count(len(run.outside), 'kind')} "
        f"{'is' if len(run.outside) == 1 else 'are'} none of the model's; rows with one are not judged."
    )
    return join(lacking, paragraph(words), fold("Unknown labels", table(["Human label", "Times"], shown)))


def _label_counts(run: ClassifiedRun) -> Markup:
    names = sorted(run.labels, key=lambda name: -run.given_labels[name])
    lines = [[name, *_share(run.given_labels[name], len(run.judged))] for name in names]
    if run.without_label:
        lines.append(["no label", *_share(run.without_label, len(run.judged))])
    return table(["Label", "Rows", "Share of labelled rows"], lines)


def _share(number: int, total: int) -> list[str]:
    return [f"{number:,}", percent(number / total) if total else "—"]


COLUMNS = (
    "text", "images", "human_label", "human_labels", "label", "labels", "confidence", "label_probabilities",
    "picture_problem",
)  # fmt: skip
TITLES = {WRONG: "Sure and wrong", SURE: "Among the surest", UNSURE: "Among the least sure"}
LIKELIEST = 3  # labels whose probabilities are shown


def cases_section(run: ClassifiedRun) -> Markup:
    """A card per example row with its picture, text, labels and likeliest labels."""
    ids = [one for names in run.examples.values() for one in names]
    rows = run.manifest.rows_by_id(ids, COLUMNS)
    places = [(kind, name) for kind, names in run.examples.items() for name in names if name in rows]
    cards = [_card(TITLES[kind], rows[name], run) for kind, name in places]
    if not cards:
        return paragraph("No row was labelled.")
    words = "The model sees the first picture of a row, and a grey one where that cannot be read."
    return join(paragraph(words, note=True), tag("div", cards, class_="cases"))


def _card(title: str, row: dict[str, Any], run: ClassifiedRun) -> Markup:
    problem = row.get("picture_problem")
    text = clip(row.get("text"), 1200)
    shares = row["label_probabilities"]
    order = sorted(range(len(shares)), key=lambda place: -shares[place])[:LIKELIEST]
    likeliest = ", ".join(f"{run.labels[place]} {percent(shares[place])}" for place in order)
    return tag(
        "article",
        tag("h4", title),
        pictures(row.get("images"), run.manifest.image_root),
        paragraph(f"The model saw a grey picture: {reason_words(problem)}.", note=True) if problem else None,
        tag("p", text, class_="document", dir="auto") if text else paragraph("(no text)", note=True),
        _truth(row, run),
        tag("ul", tag("li", *_answer(row, run), tag("p", likeliest, class_="raw")), class_="answers"),
        tag("p", tag("code", row["id"]), class_="note"),
        class_="card case",
    )


def _truth(row: dict[str, Any], run: ClassifiedRun) -> Markup:
    human = row.get(run.human_column) if run.human_column else None
    if human is None:
        return paragraph("No human label.", note=True)
    return tag("p", tag("strong", "Truth: "), _names(human))


def _answer(row: dict[str, Any], run: ClassifiedRun) -> list[Content]:
    human = row.get(run.human_column) if run.human_column else None
    answer: Any = row[run.label_column]
    mark: Content = None
    is_judged = human is not None and set([human] if isinstance(human, str) else human) <= set(run.labels)
    if human is not None and is_judged:
        right = set(answer) == set(human) if run.several else answer == human
        mark = tag("span", "✓ right" if right else "✗ wrong", class_=f"mark {'right' if right else 'wrong'}")
    return [mark, tag("strong", _names(answer)), f", confidence {percent(row['confidence'])}"]


def _names(labels: str | list[str]) -> str:
    return labels if isinstance(labels, str) else ", ".join(labels) or "no label"


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
