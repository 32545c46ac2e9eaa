"""Precision and recall of the filters where faults were planted."""

from __future__ import annotations

from pipelines.markup import Markup, join
from pipelines.metrics.planted_faults import AgainstChance, Detection, against_chance, rule_detections
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.filter.scores import judgements
from pipelines.reports.page.tables import Cell, paragraph, table

MODEL_FAULTS = {"answer": "changed_answer", "paragraph": "hallucinated_paragraph"}


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
