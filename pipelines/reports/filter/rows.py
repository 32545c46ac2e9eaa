"""What each filter refused, per data set, and where faults were planted, precision and recall."""

from __future__ import annotations

from collections import Counter

from actors.base import DROPPED, FAILED
from pipelines.markup import Markup, join, tag
from pipelines.metrics.planted_faults import AgainstChance, Detection, against_chance, rule_detections
from pipelines.reasons import reason_words
from pipelines.reports.filter.run import FilterRun, in_order
from pipelines.reports.filter.scores import judgements
from pipelines.reports.page.run_page import outcome_bar
from pipelines.reports.page.tables import Cell, paragraph, table
from pipelines.reports.page.wording import count, part_cell

MODEL_FAULTS = {"answer": "changed_answer", "paragraph": "hallucinated_paragraph"}


def rows_section(run: FilterRun) -> Markup:
    """Kept, dropped and failed rows, then rejections by filter and data set."""
    totals = run.manifest.rows
    words = f"{totals['in']:,} rows came in: {totals['kept']:,} kept, {totals['dropped']:,} dropped, "
    words += f"{totals['failed']:,} failed. {_repaired(run)}"
    bar = outcome_bar(totals, "kept, dropped and failed rows")
    return join(bar, paragraph(words), _refusals(run), _failures(run))


def _repaired(run: FilterRun) -> str:
    if run.paragraph_scores is None:
        return "Paragraphs were not scored."
    found = run.manifest.table(["status", "filtered_paragraphs"]).to_pylist()
    cut = [len(row["filtered_paragraphs"] or []) for row in found if row["status"] == "live"]
    repaired = [number for number in cut if number]
    return (
        f"{count(len(repaired), 'kept row')} lost {count(sum(repaired), 'paragraph')} that did not fit the "
        "picture; the row was repaired rather than lost."
    )


def _refusals(run: FilterRun) -> Markup:
    counts = Counter((row["dataset"], row["reason"]) for row in run.rows if row["status"] == DROPPED)
    sets = sorted({row["dataset"] for row in run.rows})
    sizes = Counter(row["dataset"] for row in run.rows)
    reasons = in_order(reason for _, reason in counts)
    if not reasons:
        return paragraph("No filter refused a row.")
    lines: list[list[Cell]] = []
    for reason in reasons:
        parts = [(counts[name, reason], sizes[name]) for name in sets]
        whole = [(sum(number for number, _ in parts), sizes.total())] if len(sets) > 1 else []
        words = reason_words(reason, run.manifest.words, DROPPED)
        name = [tag("code", reason), tag("small", f" {words}")]
        lines.append([name, *(part_cell(*part) for part in parts + whole)])
    headings = ["Filter", *sets, *(["all"] if len(sets) > 1 else [])]
    note = "A row is refused by the first filter it fails, in the order of paper B, appendix D."
    return join(table(headings, lines, caption="Rows refused"), paragraph(note, note=True))


def _failures(run: FilterRun) -> Markup | None:
    counts = Counter(row["reason"] for row in run.rows if row["status"] == FAILED)
    if not counts:
        return None
    lines: list[list[Cell]] = [
        [tag("code", reason), number, reason_words(reason, run.manifest.words, FAILED)]
        for reason, number in counts.most_common()
    ]
    return table(["Failed for", "rows", "meaning"], lines, caption="Rows whose data could not be judged")


def truth_section(run: FilterRun) -> Markup:
    """A table for the rules and one for the models; a sentence where the truth is not known."""
    if not run.knows_truth:
        return paragraph(
            "Nobody knows which of these rows are wrong. On rows with a column planted_fault, such as those "
            "of `scenes` with --kind faults, this section shows precision and recall of every filter."
        )
    return join(_rules(rule_faults(run)), _models(model_faults(run)))


def rule_faults(run: FilterRun) -> list[Detection]:
    """Faults that rules are meant for."""
    rows = [row for row in run.rows if row["status"] != "failed"]
    return rule_detections([row["planted_fault"] for row in rows], [row["reason"] for row in rows])


def model_faults(run: FilterRun) -> list[AgainstChance]:
    """Faults that only a model can see, each against random dropping at the same rate."""
    found = []
    for judgement in judgements(run):
        kind = MODEL_FAULTS.get(judgement.noun)
        if kind is None or not any(item.wrong for item in judgement.items):
            continue
        refused = {id(item) for item in judgement.refused(judgement.limit)}
        items = [(bool(item.wrong), id(item) in refused) for item in judgement.items]
        found.append(against_chance(kind, items))
    return found


def _rules(found: list[Detection]) -> Markup | None:
    if not found:
        return None
    headings = ["Planted fault", "found", "recall", "refused rightly", "precision"]
    lines: list[list[Cell]] = [
        [*_found(one), one.recall, f"{one.right:,} of {one.refused:,}", one.precision] for one in found
    ]
    note = (
        "Precision counts the rows refused for the reasons meant for this fault. A one-word response that "
        "was not rewritten counts as found when it is refused as too short."
    )
    return join(table(headings, lines, caption="Faults of form: rules"), paragraph(note, note=True))


def _models(found: list[AgainstChance]) -> Markup | None:
    if not found:
        return None
    lines: list[list[Cell]] = [
        [*_found(one), one.recall, one.chance, one.precision, "yes" if one.beats_chance else "no"]
        for one in found
    ]
    headings = ["Planted fault", "found", "recall", "found at random", "precision", "beats random dropping"]
    note = (
        "Random dropping takes out as many items as the filter does. The filter beats it when the two "
        "intervals do not touch."
    )
    return join(table(headings, lines, caption="Faults of content: models"), paragraph(note, note=True))


def _found(one: Detection | AgainstChance) -> list[str]:
    return [one.kind.replace("_", " "), f"{one.found:,} of {one.planted:,}"]
