"""What the rewriter of the demo gained, on responses and pictures it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.manifest import Manifest
from pipelines.metrics.gains import mean_gain, names_answer
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import wilson
from pipelines.terminal import print_table

ONE_WORD = ("vqa", "vqa_rationale", "label")


@dataclass(frozen=True)
class Gains:
    """Figures of one rewriting run; `rouge` is None where no polite reference is known."""

    name: str
    reward: Estimate
    rouge: Estimate | None
    kept_answers: Estimate
    unchanged: Estimate


def measure_gains(name: str, run: Path, references: Path | None = None) -> Gains:
    """Reward and Rouge-L of every rewritten response against its draft, from the scored run `run`.

    Rows that a filter dropped count too. `references` is the run whose `response_original` holds the
    polite references of the same ids. Answers count where the draft still gives them.
    """
    rows = written(Manifest.read(run))
    drafts, texts = [row["response_original"] for row in rows], [row["response"] for row in rows]
    asked = [row for row in rows if row["answer"] and names_answer(row["response_original"], row["answer"])]
    return Gains(
        name,
        mean_gain([row["reward"] for row in rows], [row["reward_original"] for row in rows]),
        _rouge(rows, drafts, texts, references) if references else None,
        wilson(sum(names_answer(row["response"], row["answer"]) for row in asked), len(asked)),
        wilson(sum(draft == text for draft, text in zip(drafts, texts, strict=True)), len(rows)),
    )


def written(manifest: Manifest) -> list[dict[str, Any]]:
    """Scored rows: `response` as the rewriter wrote it, `answer` the one word that a question wants."""
    columns = ["id", "task", "response", "response_original", "reward", "reward_original"]
    more = [name for name in ("answer", "human_label", "response_unrepaired") if name in manifest.schema]
    rows = [row for row in manifest.table([*columns, *more]).to_pylist() if row["reward"] is not None]
    for row in rows:
        row["response"] = row.get("response_unrepaired") or row["response"]
        row["answer"] = (row.get("answer") or row.get("human_label")) if row["task"] in ONE_WORD else None
    return rows


def _rouge(rows: list[dict[str, Any]], drafts: list[str], texts: list[str], references: Path) -> Estimate:
    from rouge_score.rouge_scorer import RougeScorer

    known = Manifest.read(references).table(["id", "response_original"])
    polite = dict(zip(known["id"].to_pylist(), known["response_original"].to_pylist(), strict=True))
    rouge = RougeScorer(["rougeL"], use_stemmer=True)

    def score(row: dict[str, Any], text: str) -> float:
        return float(rouge.score(polite[row["id"]], text)["rougeL"].fmeasure)

    return mean_gain(
        [score(row, text) for row, text in zip(rows, texts, strict=True)],
        [score(row, text) for row, text in zip(rows, drafts, strict=True)],
    )


def print_gains(lines: Sequence[Gains]) -> None:
    """Prints a line per run."""
    cells = []
    for line in lines:
        rouge = figure(line.rouge) if line.rouge else "no reference"
        cells.append(
            (line.name, figure(line.reward), rouge, figure(line.kept_answers), figure(line.unchanged))
        )
    print_table(
        "what rewriting changed (pocket models; mean and 95 % interval)",
        ("rows", "reward gained", "Rouge-L to the reference gained", "answer kept", "text unchanged"),
        cells,
    )


def figure(estimate: Estimate) -> str:
    """Value, interval and rows; or why there is none."""
    return f"{estimate}, n={estimate.rows}" if estimate.defined else estimate.note
