"""Single rows of a classifying run: the surest mistakes, the surest labels and the least sure ones."""

from __future__ import annotations

from typing import Any

from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.classified.run import SURE, UNSURE, WRONG, ClassifiedRun
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.tables import paragraph
from pipelines.reports.page.wording import percent

COLUMNS = (
    "text", "images", "human_label", "human_labels", "label", "labels", "confidence", "label_probabilities",
    "picture_problem",
)  # fmt: skip
TITLES = {WRONG: "Sure and wrong", SURE: "Among the surest", UNSURE: "Among the least sure"}
LIKELIEST = 3  # labels whose probabilities are told


def cases_section(run: ClassifiedRun) -> Markup:
    """A card per example row with its picture, text, labels and likeliest labels."""
    ids = [one for names in run.examples.values() for one in names]
    rows = run.manifest.rows_by_id(ids, COLUMNS)
    cards = [
        _card(TITLES[kind], rows[name], run)
        for kind, names in run.examples.items()
        for name in names
        if name in rows
    ]
    if not cards:
        return paragraph("No row was labelled.")
    words = "The model sees the first picture of a row, and a grey one where that cannot be read."
    return join(paragraph(words, note=True), tag("div", cards, class_="cases"))


def _card(title: str, row: dict[str, Any], run: ClassifiedRun) -> Markup:
    problem = row.get("picture_problem")
    text = clip(row.get("text"), 1200)
    return tag(
        "article",
        tag("h4", title),
        pictures(row.get("images"), run.manifest.image_root),
        paragraph(f"The model saw a grey picture: {reason_words(problem)}.", note=True) if problem else None,
        tag("p", text, class_="document", dir="auto") if text else paragraph("(no text)", note=True),
        _truth(row, run),
        tag(
            "ul",
            tag("li", *_answer(row, run), tag("p", _likeliest(row, run), class_="raw")),
            class_="answers",
        ),
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
    given: Any = row[run.label_column]
    mark: Content = None
    known = human is not None and set([human] if isinstance(human, str) else human) <= set(run.labels)
    if human is not None and known:
        right = set(given) == set(human) if run.several else given == human
        mark = tag("span", "✓ right" if right else "✗ wrong", class_=f"mark {'right' if right else 'wrong'}")
    return [mark, tag("strong", _names(given)), f", confidence {percent(row['confidence'])}"]


def _likeliest(row: dict[str, Any], run: ClassifiedRun) -> str:
    shares = row["label_probabilities"]
    order = sorted(range(len(shares)), key=lambda place: -shares[place])[:LIKELIEST]
    return ", ".join(f"{run.labels[place]} {percent(shares[place])}" for place in order)


def _names(labels: str | list[str]) -> str:
    return labels if isinstance(labels, str) else ", ".join(labels) or "no label"
