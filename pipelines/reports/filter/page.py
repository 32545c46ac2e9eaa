"""One page on filtered runs, with the rewards per data set (Figure 6 of paper B)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from actors.base import DROPPED, FAILED, LIVE
from pipelines.markup import Markup, join, tag
from pipelines.metrics.gains import mean_estimate
from pipelines.metrics.planted_faults import AgainstChance, Detection, against_chance, rule_detections
from pipelines.model_sets import SCORE_WORDS, is_pocket_folder, scoring_models, short_name
from pipelines.plots.violins import Violin, violins
from pipelines.reasons import reason_words
from pipelines.reports.filter.cases import cases_section
from pipelines.reports.filter.run import FilterRun, in_order
from pipelines.reports.filter.scores import judgements, scores_section
from pipelines.reports.page.run_page import RunPage, notice, outcome_bar, steps_table
from pipelines.reports.page.tables import Cell, definitions, figure, paragraph, table
from pipelines.reports.page.wording import count, figure_cell, part_cell

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
    rows = run.manifest.table(["status", "filtered_paragraphs"]).to_pylist()
    cut = [len(row["filtered_paragraphs"] or []) for row in rows if row["status"] == "live"]
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
    """Detections of the planted faults that rules are meant for."""
    rows = [row for row in run.rows if row["status"] != "failed"]
    return rule_detections([row["planted_fault"] for row in rows], [row["reason"] for row in rows])


def model_faults(run: FilterRun) -> list[AgainstChance]:
    """Faults that only a model can see, each against random dropping at the same rate."""
    faults = []
    for judgement in judgements(run):
        kind = MODEL_FAULTS.get(judgement.noun)
        if kind is None or not any(item.wrong for item in judgement.items):
            continue
        refused = {id(item) for item in judgement.refused(judgement.limit)}
        items = [(bool(item.wrong), id(item) in refused) for item in judgement.items]
        faults.append(against_chance(kind, items))
    return faults


def _rules(detections: list[Detection]) -> Markup | None:
    if not detections:
        return None
    headings = ["Planted fault", "found", "recall", "refused rightly", "precision"]
    lines: list[list[Cell]] = [
        [*_of_planted(one), one.recall, f"{one.right:,} of {one.refused:,}", one.precision]
        for one in detections
    ]
    note = (
        "Precision counts the rows refused for the reasons meant for this fault. A one-word response that "
        "was not rewritten counts as found when it is refused as too short."
    )
    return join(table(headings, lines, caption="Faults of form: rules"), paragraph(note, note=True))


def _models(detections: list[AgainstChance]) -> Markup | None:
    if not detections:
        return None
    lines: list[list[Cell]] = [
        [*_of_planted(one), one.recall, one.chance, one.precision, "yes" if one.beats_chance else "no"]
        for one in detections
    ]
    headings = ["Planted fault", "found", "recall", "found at random", "precision", "beats random dropping"]
    note = (
        "Random dropping takes out as many items as the filter does. The filter beats it when the two "
        "intervals do not touch."
    )
    return join(table(headings, lines, caption="Faults of content: models"), paragraph(note, note=True))


def _of_planted(one: Detection | AgainstChance) -> list[str]:
    return [one.kind.replace("_", " "), f"{one.found:,} of {one.planted:,}"]


SETS = 9  # as in Figure 6


def _head(runs: Sequence[FilterRun]) -> tuple[str, Markup]:
    models = [name for run in runs for name in scoring_models(run.manifest.config).values()]
    pocket = (
        "Pocket models scored these rows: tiny ones that a laptop trains on drawn scenes. Their figures say "
        "nothing about the models of the paper."
    )
    words = (
        "A model rewrote terse annotations into polite responses. Rules and scoring models then looked for "
        "what went wrong (paper B, §4.2 and appendix D): such a row is dropped with its reason, or repaired "
        "where one paragraph alone is wrong."
    )
    warning = notice(pocket) if any(map(is_pocket_folder, models)) else None
    return "What the filters kept", join(paragraph(words), warning)


def _method(run: FilterRun) -> Markup:
    limits = [(name.replace("_", " "), str(value)) for name, value in run.limits.items()]
    scoring = scoring_models(run.manifest.config)
    models = [(SCORE_WORDS.get(role, role), short_name(name)) for role, name in scoring.items()]
    return join(steps_table(run.manifest), definitions(models), tag("h3", "Limits"), definitions(limits))


def rewards_section(run: FilterRun) -> Markup:
    """Violins of raw against rewritten rewards of kept rows, and the gain with its interval."""
    sets = reward_sets(run)
    if not sets:
        return paragraph("No reward was scored, or not for the raw responses; give a reward model.")
    plot = figure(
        None,
        violins(sets[:SETS], name="rewards of raw and rewritten responses by data set"),
        "Density of the rewards: raw above the line, rewritten below; bars are quartiles.",
        names=list(enumerate(("raw", "rewritten"))),
    )
    headings = ["Data set", "kept rows", "raw, mean", "rewritten, mean", "gain"]
    note = (
        "Rewards are logits: only differences on one model mean anything. In Figure 6 of the paper rewards "
        "go from −2.42 raw to −0.50 rewritten. A reward is that of the response as it was rewritten, "
        "before a paragraph was taken out."
    )
    return join(plot, table(headings, map(_line, sets)), paragraph(note, note=True))


def reward_sets(run: FilterRun) -> list[Violin]:
    """Rewards of kept rows by data set, the largest first."""
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in run.rows:
        if row["status"] == LIVE and row["reward"] is not None and row["reward_original"] is not None:
            pairs[row["dataset"]].append((row["reward_original"], row["reward"]))
    sets = [
        Violin(name, *(np.array(part, float) for part in zip(*values, strict=True)))
        for name, values in pairs.items()
    ]
    return sorted(sets, key=lambda one: (-len(one.raw), one.name))


def _line(one: Violin) -> list[Cell]:
    means = [figure_cell(mean_estimate(values), 2) for values in (one.raw, one.rewritten)]
    return [one.name, len(one.raw), *means, figure_cell(mean_estimate(one.rewritten - one.raw), 2)]


PARTS = (
    ("rows", "What was refused, and why", rows_section),
    ("truth", "Do the filters find what is wrong?", truth_section),
    ("scores", "Scores and thresholds", scores_section),
    ("rewards", "Raw against rewritten: rewards", rewards_section),
    ("cases", "Good and bad cases", cases_section),
    ("method", "How this was made", _method),
)
PAGE = RunPage("filter", "filtered run", FilterRun.read, _head, PARTS)
render, write_report = PAGE.render, PAGE.write
