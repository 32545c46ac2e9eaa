"""The card of an exported data set: where its rows came from, and why others were left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.exports.pairs import label_column
from pipelines.lineage import runs_behind
from pipelines.manifest import Manifest
from pipelines.model_sets import SCORE_WORDS, scoring_models, short_name
from pipelines.reasons import reason_words

FORMATS: Mapping[str, str] = {
    "pf1m": "`pf1m.json`, a JSON array with the fields of PF-1M: input, output, rouge_score, nli_similarity "
    "or sts_similarity, filtered_paragraphs and paragraph_clip_scores (several paragraphs only), original, "
    "reward. `<img_path>path<img_path>` in the input stands for a picture.",
    "llava": "`llava.json`, a JSON array in the layout of LLaVA's instruction data.",
    "sharegpt": "`sharegpt.json`, a JSON array of conversations with their pictures.",
    "parquet": "`data-*.parquet`, one row per response with every column of the run.",
    "webdataset": "`shard-*.tar` in WebDataset's layout: `NUMBER.json` and its pictures.",
}


@dataclass
class Tally:
    """Rows per data set and outcome."""

    exported: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # data set, status, reason
    repaired: int = 0

    def outcomes(self, dataset: str) -> Counter[tuple[str, str]]:
        """(status, reason) of the rows of a data set that were left out."""
        lost = self.left_out.items()
        return Counter({(status, reason): rows for (name, status, reason), rows in lost if name == dataset})

    def counts(self, dataset: str) -> tuple[str, str, str, str]:
        """The data set with its rows in, exported and left out, in words."""
        kept, lost = self.exported[dataset], self.outcomes(dataset).total()
        return (dataset, f"{kept + lost:,}", f"{kept:,}", f"{lost:,}")

    @property
    def datasets(self) -> list[str]:
        return sorted({*self.exported, *(name for name, _, _ in self.left_out)})


def data_card(manifest: Manifest, kind: str, tally: Tally) -> str:
    """The card as Markdown."""
    kept = tally.exported.total()
    lost = tally.left_out.total()
    steps = (*reversed(runs_behind(manifest)), manifest)
    reasons = [
        (name, status, f"`{reason}`", f"{number:,}", reason_words(reason, manifest.words, status))
        for name in tally.datasets
        for (status, reason), number in tally.outcomes(name).most_common()
    ]
    labelled = label_column(manifest.schema) is not None
    what = "documents with the labels of a model" if labelled else "rewritten responses"
    repaired = f"{tally.repaired:,} of the exported rows lost a paragraph that did not fit the picture."
    parts = [
        f"# {manifest.path.resolve().name}: {kept:,} {what}",
        f"{FORMATS[kind]} `rows.jsonl` names the id, data set and task of every row in order, "
        f"`left_out.jsonl` the reason and figures of the {lost:,} rows that are not here. Pictures are named "
        "by their paths under the source sets' picture folder.",
        "## Where the rows came from",
        _table(("data set", "rows in", "exported", "left out"), map(tally.counts, tally.datasets)),
        *([] if labelled else [repaired]),
        "## How they were made",
        _table(("step", "when", "rows in", "kept", "with"), map(_step_line, steps)),
        "## Why others were left out",
        _table(("data set", "outcome", "reason", "rows", "meaning"), reasons),
        *_settings(manifest),
        "The raw sets keep their own licences and terms; this card does not change them.",
    ]
    return "\n\n".join(parts) + "\n"


def _step_line(run: Manifest) -> tuple[str, ...]:
    config: Mapping[str, Any] = run.config
    models = [config[key] for key in ("rewriter", "distorter") if config.get(key)]
    used = [str(model.get("name") or model) for model in models]
    used += [f"{role} {short_name(name)}" for role, name in scoring_models(config).items()]
    source = (config.get("source") or {}).get("name", "")
    return (run.name, run.created, f"{run.rows['in']:,}", f"{run.rows['kept']:,}", "; ".join(used) or source)


def _settings(manifest: Manifest) -> list[str]:
    filtering = manifest.config.get("filtering")
    if filtering is None:
        return []
    limits = [(f"`{name}`", str(value)) for name, value in filtering["limits"].items()]
    scoring = scoring_models(manifest.config)
    models = [(SCORE_WORDS.get(role, role), short_name(name)) for role, name in scoring.items()]
    return ["## Limits and models", _table(("limit", "value"), limits), _table(("score", "model"), models)]


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
