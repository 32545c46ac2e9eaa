"""The language model's stage: its own rows alone, the same text in any batch, reasons instead of failures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.apply import apply
from actors.distortion.distorter import DistortedFilter, Distorter, OverlapFilter
from actors.distortion.llm_distorter import FEW_SHOT, PARAMS, TABLE_5, LlmDistorter
from actors.models.catalog.annotators import find_annotator
from actors.models.catalog.family import EngineOptions
from pipelines.schema import base_schema, live_row

SHORT = replace(PARAMS, max_new_tokens=12, temperature=1.0)


@pytest.fixture(scope="module")
def wide_llama(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with room for the paper's prompt."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("wide-llama")
    model = AutoModelForCausalLM.from_pretrained(tiny_llama)
    model.config.max_position_embeddings = 2048
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_llama).save_pretrained(folder)
    return folder


def table(rows: int, strategy: str | None = None) -> pa.Table:
    made = [
        live_row(
            id=f"a/all/{number}",
            dataset="a",
            task="vqa",
            instruction=f"What jumps over dog {number}?<image>",
            response="The quick brown fox jumps over the lazy dog. " * (1 + number % 3),
        )
        | {"distortion": strategy or ("llm" if number % 2 else "random")}
        for number in range(rows)
    ]
    return pa.Table.from_pylist(made, schema=pa.schema([*base_schema(), ("distortion", pa.string())]))


def loaded(folder: Path, **settings: Any) -> LlmDistorter:
    actor = LlmDistorter(find_annotator(str(folder)), **{"params": SHORT, **settings})
    actor.check()
    actor.load()
    return actor


@pytest.mark.parametrize("prompt", [TABLE_5, FEW_SHOT])
def test_rows_of_other_strategies_pass_by_and_a_row_has_one_text_in_any_batch(
    wide_llama: Path, prompt: str
) -> None:
    rows = table(10)
    whole = apply(loaded(wide_llama, prompt=prompt), rows)
    options = EngineOptions(max_batch=2)
    actor = loaded(wide_llama, prompt=prompt, options=options)
    single = pa.concat_tables([apply(actor, rows.slice(i, 1)) for i in reversed(range(10))])
    said = {row["id"]: row["distorter_output"] for row in whole.to_pylist()}
    assert said == {row["id"]: row["distorter_output"] for row in single.to_pylist()}
    assert [said[f"a/all/{number}"] is None for number in range(10)] == [True, False] * 5
    assert len(set(said.values())) > 3
    commands = [row["distortion_command"] for row in whole.to_pylist() if row["distortion"] == "llm"]
    assert any(commands) == (prompt == TABLE_5)


def test_what_came_to_nothing_is_dropped_with_its_reason_and_keeps_the_polite_response(
    wide_llama: Path,
) -> None:
    rows = apply(loaded(wide_llama), table(8, "llm"))
    distorter = Distorter(("llm",))
    distorter.load()
    rows = apply(DistortedFilter(), apply(distorter, rows))
    for row in rows.to_pylist():
        assert row["response_original"].startswith("The quick brown fox")
        assert (row["status"] == "dropped") == (row["response"] is None)
        assert row["status"] == "live" or row["reason"].startswith("distortion_")
    assert "distortion_unfinished" in rows["reason"].to_pylist()  # random weights seldom end


def test_a_prompt_that_does_not_fit_is_a_drop_and_no_failure(tiny_llama: Path) -> None:
    rows = apply(loaded(tiny_llama), table(2, "llm"))
    assert rows["status"].to_pylist() == ["live", "live"]
    assert rows["llm_reason"].to_pylist() == ["distortion_prompt_too_long"] * 2


def test_texts_about_something_else_are_dropped_by_their_score() -> None:
    rows = table(3, "llm").append_column("distortion_overlap", pa.array([0.2, 0.5, None], pa.float32()))
    judged = apply(OverlapFilter(0.5), rows).to_pylist()
    assert [row["reason"] for row in judged] == ["distortion_unrelated", None, None]
    assert (round(judged[0]["score"], 3), judged[0]["threshold"]) == (0.2, 0.5)


def test_a_pattern_needs_a_model_that_goes_on_with_a_text(wide_llama: Path) -> None:
    actor = LlmDistorter(find_annotator(str(wide_llama)), engine="openai", prompt=FEW_SHOT)
    with pytest.raises(ValueError, match="needs a local model"):
        actor.check()
