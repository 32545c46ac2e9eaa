"""The verbs of `python -m trainers`: the function that loads when one is called, and its line."""

from __future__ import annotations

from pipelines.command_line.verb import Verb

# fmt: off
TRAINERS = (
    Verb("rewriter", "trainers.rewriter.verb", "rewriter",
         "Trains Polite Flamingo: from instruction, pictures and a distorted response to the original one.",
         shape="rewriter_flags"),
    Verb("mmbt", "trainers.mmbt.verb", "mmbt",
         "Trains MMBT to label texts with pictures, and tests it against human labels.",
         shape="mmbt_flags"),
    Verb("mmbt-grid", "trainers.mmbt.grid.verb", "mmbt_grid",
         "Trains MMBT many times on the same rows: other labels, other seeds, the same evaluation."),
    Verb("pocket", "trainers.pocket.verb", "pocket",
         "Trains the pocket CLIP, language model, NLI, reward model and Flamingo that are not there yet."),
)
# fmt: on
