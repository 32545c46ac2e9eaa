"""`baseline`: predictions of a supervised model, for figures relative to one."""

from __future__ import annotations

from pathlib import Path

from actors.prompts.task import load_task
from pipelines.command_line.paths import absolute_paths
from pipelines.recipes.baseline import baseline_accuracy, train_text_baseline
from pipelines.sources.choice import SourceChoice


@absolute_paths
def baseline(task: str, *, out: Path, train_split: str = "train", test_split: str = "test") -> None:
    """Trains a text classifier on human labels and writes its predictions for `annotate --baseline`.

    Args:
        task: A task whose set has splits, such as iad_1 or iad_2.
        out: The predictions, a .jsonl file of id, label and confidence.
        train_split: Split to learn from.
        test_split: Split to predict.
    """
    wanted = load_task(task)
    if wanted.multi_label:
        raise ValueError(
            f"task {task!r} has several labels per row, and a baseline gives one; `python -m trainers mmbt` "
            "learns several"
        )
    learn, judge = (SourceChoice.of(split=split).documents(wanted) for split in (train_split, test_split))
    train_text_baseline(learn, judge, out)
    right, labelled = baseline_accuracy(out, judge)
    print(f"{right} of {labelled} labelled rows right ({right / max(labelled, 1):.1%}); predictions: {out}")
