"""`filter --from-scores`: other limits on scores that are there already, without Ray and without a model."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from actors.apply import MARKS, apply, replace_column
from actors.base import DROPPED, LIVE, Actor, Filter
from actors.columns import arrow_types
from pipelines.engine.resume import balance
from pipelines.engine.run_folder import RunFolder, fresh_folder, timestamp
from pipelines.manifest import Manifest
from pipelines.recipes.filter.settings import Limits
from pipelines.recipes.filter.stages import Filtering, decisions

logger = logging.getLogger(__name__)


def filter_again(run: Path, out: Path, limits: Limits, *, fresh: bool = False) -> Manifest:
    """The manifest of `out`: the rows of the filtered run `run`, filtered anew with `limits` over its own.

    Raises:
        ValueError: the run holds no scores, or `out` holds something already.
    """
    scored = Manifest.read(run)
    filtering = scored_settings(scored)
    filtering = replace(filtering, limits=filtering.limits.changed(limits))
    folder, started = RunFolder(fresh_folder(out) if fresh else out), time.time()
    if folder.read() is not None:
        raise ValueError(f"{folder.out} holds a run already; give another --out, or add --fresh")
    actors = decisions(filtering)
    for actor in actors:
        actor.check()
    others: Counter[str] = Counter()
    with folder.locked():
        folder.shards.mkdir()
        folder.begin({"name": "filter", "from": str(run)})
        for number, shard in enumerate(scored.shards):
            table = decide_again(pq.read_table(run / shard["path"]), actors)
            others += other_drops(table, reasons_of(actors))
            pq.write_table(table.select(list(scored.schema)), folder.shards / f"part-{number:06d}.parquet")
        manifest = _manifest(scored, folder, filtering, started)
        manifest.write()
    for reason, number in others.items():
        logger.warning(
            "%d rows stay dropped for %r: that filter is none of this command's, so it did not decide again",
            number,
            reason,
        )
    logger.info("decided on %d rows again in %.1f s", manifest.rows["in"], manifest.timings["wall_s"])
    return manifest


def scored_settings(scored: Manifest) -> Filtering:
    """The scores and limits that a run was filtered with.

    Raises:
        ValueError: it is no filtered run, or lacks a column of scores.
    """
    content = scored.config.get("filtering")
    if content is None:
        raise ValueError(f"{scored.path} holds no scores; run `filter` on it without --from-scores first")
    filtering = Filtering.from_json(content)
    columns = {column for actor in decisions(filtering) for column in actor.reads}
    missing = sorted(columns - set(scored.schema))
    if missing:
        raise ValueError(
            f"{scored.path} lacks the scores {missing}; run `filter` without --from-scores again"
        )
    return filtering


def decide_again(table: pa.Table, actors: list[Actor]) -> pa.Table:
    """The rows of `table`, earlier decisions undone, with the decisions of `actors`."""
    table = undo_decisions(table, reasons_of(actors))
    for actor in actors:
        table = apply(actor, table)
    return table


def reasons_of(actors: Sequence[Actor]) -> list[str]:
    """The reason codes of the filters among `actors`."""
    return [code for actor in actors if isinstance(actor, Filter) for code in actor.reasons]


def other_drops(table: pa.Table, reasons: Sequence[str]) -> Counter[str]:
    """Scored rows by the reason of their drop, where that is none of `reasons`."""
    dropped = table.filter(pc.and_(pc.equal(table["status"], DROPPED), pc.is_valid(table["rouge_score"])))
    return Counter(reason for reason in dropped["reason"].to_pylist() if reason not in reasons)


def undo_decisions(table: pa.Table, reasons: Sequence[str]) -> pa.Table:
    """Scored rows that were dropped for one of `reasons` are live again, and repaired responses whole."""
    dropped = pc.and_(pc.equal(table["status"], DROPPED), pc.is_valid(table["rouge_score"]))
    again = pc.fill_null(pc.and_(dropped, pc.is_in(table["reason"], pa.array(reasons))), False)
    for column, kind in arrow_types(MARKS).items():
        cleared = pa.scalar(LIVE if column == "status" else None, kind)
        table = replace_column(table, column, pc.if_else(again, cleared, table[column]))
    if "response_unrepaired" in table.column_names:
        whole = pc.coalesce(table["response_unrepaired"], table["response"])
        repaired = ["filtered_paragraphs", "response_unrepaired"]
        table = replace_column(table, "response", whole).drop_columns(repaired)
    return table


def _manifest(scored: Manifest, folder: RunFolder, filtering: Filtering, started: float) -> Manifest:
    from pipelines.reasons import run_words  # of all sources and models: nothing that a flag needs

    ids = (row_id for batch in scored.batches(["id"], rows=65_536) for row_id in batch["id"].to_pylist())
    counts = balance(folder, ids, scored.rows["in"])
    words = run_words(decisions(filtering))
    wall = round(time.time() - started, 3)
    return replace(
        scored,
        path=folder.out,
        created=timestamp(),
        command=sys.argv,
        config={**scored.config, "filtering": filtering.as_json(), "scored_by": str(scored.path.resolve())},
        rows=counts.rows,
        reasons=counts.reasons,
        words={status: {**scored.words.get(status, {}), **own} for status, own in words.items()},
        shards=counts.shards,
        timings={**scored.timings, "wall_s": wall, "runs": 1, "finished": timestamp()},
    )
