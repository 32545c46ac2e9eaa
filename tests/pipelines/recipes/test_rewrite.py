from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_flamingo import picture, tiny_flamingo

from actors.models.catalog.family import EngineOptions
from actors.models.flamingo.store import save_flamingo
from actors.models.text_generator import GenerationParams
from pipelines.recipes.filter.settings import Limits
from pipelines.recipes.flags import PoolFlags, RunFlags
from pipelines.recipes.ingest import ingest_rows
from pipelines.recipes.rewrite import RewriteFlags, Rewriting, raw_rows
from pipelines.sources.choice import open_source
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.source import Source

pytestmark = pytest.mark.usefixtures("shared_ray")

GREEDY = GenerationParams(max_new_tokens=6, temperature=0.0)


@pytest.fixture(scope="module")
def flamingo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_flamingo(tiny_flamingo(context=320), tmp_path_factory.mktemp("flamingo") / "tiny")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Six rows, three to a picture, and one whose picture is not there."""
    for i in range(2):
        (tmp_path / f"{i}.png").write_bytes(picture(i))
    rows = [
        {"instruction": f"Question {i}?<image>", "response": f"answer {i}", "images": [f"{i // 3}.png"]}
        for i in range(6)
    ]
    rows.append({"instruction": "And?<image>", "response": "no", "images": ["gone.png"]})
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return open_source(str(file))


def rewriting(source: Source, flamingo: Path) -> Rewriting:
    return Rewriting(source, RewriteFlags(rewriter=str(flamingo)), GREEDY, pool=PoolFlags(gpus=0, cpus=1))


def test_a_run_keeps_drafts_and_figures_and_leaves_pixels_out(tmp_path, source, flamingo):
    run = RunFlags(max_failed=0.5)
    manifest = rewriting(source, flamingo).run(tmp_path / "out", run)
    assert manifest.rows["kept"] == 6
    assert manifest.reasons["failed"] == {"missing_image": 1}
    rows = {row["response_original"]: row for row in manifest.table().to_pylist()}
    assert set(rows) == {*(f"answer {i}" for i in range(6)), "no"}
    assert "picture_crops" not in manifest.schema
    assert {"finish_reason", "prompt_tokens", "new_tokens", "cut_tokens", "logprob"} <= set(manifest.schema)
    assert manifest.config["rewriter"]["flamingo"] == str(flamingo)
    assert manifest.determinism["batch_invariant"] is True
    with pytest.raises(ValueError, match="rewritten already"):
        raw_rows(ManifestRows(tmp_path / "out"))


def test_in_bf16_the_manifest_says_how_many_rows_changed_when_written_again(tmp_path, source, flamingo):
    asked = replace(rewriting(source, flamingo), engine_options=EngineOptions(dtype="bfloat16"))
    manifest = asked.run(tmp_path / "out", RunFlags(max_failed=0.5))
    said = manifest.determinism
    assert (said["dtype"], said["batch_invariant"], said["rows_repeated"]) == ("bfloat16", False, 6)
    column = manifest.table(["changed_when_repeated"])["changed_when_repeated"].to_pylist()
    assert said["rows_changed"] == sum(filter(None, column))
    assert column.count(None) == 1  # the row without its picture


def test_other_runs_responses_count_as_raw(tmp_path, source):
    ingested = ingest_rows(source, tmp_path / "in")
    assert raw_rows(ManifestRows(ingested.path)).columns.keys() == source.columns.keys()


def test_limits_without_filters_are_refused(source, flamingo, tmp_path):
    asked = replace(rewriting(source, flamingo), limits=Limits(min_words=3))
    with pytest.raises(ValueError, match="--filter"):
        asked.pipeline(tmp_path / "out")


def test_a_text_only_rewriter_reads_no_pictures(source, tmp_path):
    text = Rewriting(source, RewriteFlags(rewriter="smollm2-135m"), GREEDY)
    pipeline = text.pipeline(tmp_path / "out")
    assert [group.name for group in pipeline.groups] == ["ResponseRewriter"]
    assert pipeline.config["mode"] == "text"
