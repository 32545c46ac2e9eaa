"""`classify`: a trained MMBT labels a source or the rows of a finished run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from actors.mmbt_classifier import MmbtClassifier
from actors.pictures.mmbt_reader import MmbtPictureReader
from pipelines.command_line.paths import absolute_paths
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.manifest import Manifest
from pipelines.recipes.determinism import determinism
from pipelines.recipes.flags import Flat, PoolFlags, RunFlags
from pipelines.recipes.summary import print_summary, run_or_plan
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.classified.scores import estimates
from pipelines.sources.choice import SourceChoice
from pipelines.sources.source import Source
from pipelines.terminal import print_table

READER_BATCH = 64


@dataclass(frozen=True)
class ClassifierFlags:
    """Classifier."""

    model: Path
    """Model folder, as `python -m trainers mmbt` writes it (OUT/model)."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """Number format of the weights; only float32 gives the same figures in every batch."""


@absolute_paths
def classify(
    source: Annotated[SourceChoice, tyro.conf.Positional],
    /,
    *,
    out: Path,
    classifier: Annotated[ClassifierFlags, Flat],
    task: str | None = None,
    pool: Annotated[PoolFlags, Flat] = PoolFlags(),
    run: Annotated[RunFlags, Flat] = RunFlags(),
) -> Manifest | None:
    """Labels pictures with text with a trained MMBT; beside human labels it says how often it is right.

    The same command again goes on where a stopped run was. A row without a readable picture gets the grey
    one, as published, and is counted.

    Args:
        source: A name from `list`, the folder of a finished run, or a file with instructions and responses.
            `--help` behind a name shows the flags of that source.
        out: Folder for the result.
        task: The labelling task, for sets whose labels it explains.
    """
    pipeline = classifying_pipeline(source.rows(task), out, classifier, pool)
    return run_or_plan(pipeline, run, partial(print_result, as_json=run.json))


def print_result(manifest: Manifest, *, as_json: bool) -> None:
    """Prints the summary and the figures of a finished run."""
    classified = ClassifiedRun.of(manifest)
    if as_json:
        print(json.dumps(figures_json(classified), indent=1))
        return
    print_summary(manifest)
    print_figures(classified)


def classifying_pipeline(
    rows: Source, out: Path, classifier: ClassifierFlags, pool: PoolFlags | None = None
) -> Pipeline:
    """Pictures cropped on CPU workers, then the model.

    Raises:
        ValueError: rows without text, rows labelled already, or no complete model folder.
    """
    check_rows(rows)
    root = rows.image_root()
    actor = MmbtClassifier(str(classifier.model), classifier.dtype)
    reader = MmbtPictureReader(None if root is None else str(root))
    stages = [Stage(reader, batch_size=READER_BATCH), (pool or PoolFlags()).stage(actor)]
    repeatable = determinism("mmbt", classifier.dtype)
    return Pipeline("classify", rows, stages, out, _config(rows, actor), repeatable)


def check_rows(rows: Source) -> None:
    """Raises ValueError unless the rows have a text and no labels of a model."""
    rows.check()
    if "text" not in rows.columns:
        raise ValueError(
            f"{rows} has no column text; give a set to label, or the output of `ingest` on one "
            f"(it has {sorted(rows.columns)})"
        )
    labels = sorted({"label", "labels", "confidence", "picture_missing"} & set(rows.columns))
    if labels:
        raise ValueError(f"{rows} has {labels} already; give the rows as they were before they were labelled")


def _config(rows: Source, actor: MmbtClassifier) -> dict[str, Any]:
    described = actor.description
    return {
        "model": actor.folder,
        "labels": list(described.labels),
        "multi_label": described.multi_label,
        "temperature": described.temperature,
        "preset": described.preset,
        "weights_sha256": described.weights_sha256,
        "source": {"name": type(rows).__name__},
    }


def figures_json(run: ClassifiedRun) -> dict[str, Any]:
    """The run's rows and figures as plain JSON; `judged` rows have a human label that the model knows."""
    figures = {
        "rows": len(run.judged),
        "labels": run.given_labels,
        "problems": run.problems,
        "empty_texts": run.empty_texts,
        "outside": run.outside,
        "judged": len(run.truth),
        "estimates": {name: asdict(estimate) for name, estimate in estimates(run).items()},
    }
    manifest = run.manifest
    return {"out": str(manifest.path), "rows": manifest.rows, "reasons": manifest.reasons, "figures": figures}


def print_figures(run: ClassifiedRun) -> None:
    """Prints answers, grey pictures and agreement with people."""
    lines: list[tuple[object, ...]] = [
        (f"label {label}", number, f"{number / len(run.judged):.1%} of rows")
        for label, number in run.given_labels.most_common()
    ]
    lines += [(f"grey picture: {reason}", number, "") for reason, number in run.problems.most_common()]
    if run.empty_texts:
        lines.append(("empty text", run.empty_texts, ""))
    lines += [
        (f"human label {label} is none of the model's", number, "not judged")
        for label, number in run.outside.most_common()
    ]
    judged = [(name, estimate.rows, str(estimate)) for name, estimate in estimates(run).items()]
    lines += judged or [("judged by human labels", 0, "")]
    print_table("labels given", ("what", "rows", "figure (95 % interval)"), lines)
