"""The verbs of `python -m pipelines`: the function that loads when one is called, and its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.command_line.verb import Verb


@dataclass(frozen=True)
class SourceVerb(Verb):
    """A verb that reads a source, and has the flags of the one that its arguments choose."""

    def load_for(self, arguments: Sequence[str]) -> Callable[..., Any]:
        from pipelines.sources.command_line import with_source_flags

        return with_source_flags(self.load(), arguments)


# fmt: off
VERBS = (
    SourceVerb("ingest", "pipelines.recipes.ingest", "ingest",
         "Writes the rows of a source, or of a finished run, as shards with a manifest."),
    SourceVerb("annotate", "pipelines.recipes.annotate", "annotate",
         "Labels a data set with a language model and writes shards and a manifest."),
    SourceVerb("distort", "pipelines.recipes.distort", "distort",
         "Distorts polite responses in three ways and writes pairs for the rewriter's training."),
    Verb("report", "pipelines.recipes.report", "report",
         "Writes one self-contained HTML page that compares the runs."),
    SourceVerb("rewrite", "pipelines.recipes.rewrite", "rewrite",
         "Rewrites terse responses into polite ones and writes shards and a manifest."),
    SourceVerb("filter", "pipelines.recipes.filter.verb", "filter_responses",
         "Scores rewritten responses, takes out what the pictures do not show, and drops what went wrong."),
    Verb("export", "pipelines.recipes.export", "export",
         "Writes the kept rows of a run as JSON, Parquet or WebDataset, with a card."),
    Verb("inspect", "pipelines.recipes.inspect_run", "inspect",
         "Prints the counts by reason and sample rows of a run, finished or not."),
    Verb("list", "pipelines.recipes.listing", "list_all",
         "Shows what there is to work with: sources, tasks, annotators, model sets, filters, recipes."),
    Verb("baseline", "pipelines.recipes.baseline", "baseline",
         "Trains a text classifier on human labels and writes its predictions for `annotate --baseline`."),
    SourceVerb("classify", "pipelines.recipes.classify", "classify",
         "Labels pictures with text with a trained MMBT; beside human labels it says how often it is right."),
    SourceVerb("label-study", "pipelines.recipes.label_study.verb", "label_study",
         "Trains the same classifier on human labels and on models' labels, and says which are good enough."),
    Verb("quick", "pipelines.recipes.demo.verb", "quick",
         "Labels 24 text messages as spam or not, and writes a report: the first minute."),
    Verb("demo", "pipelines.recipes.demo.verb", "demo",
         "Labels real sets with SmolLM2-135M, then trains a rewriter and gives terse answers manners."),
)
# fmt: on
