from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tiny_flamingo import SMALL_LORA, picture, tiny_flamingo

from actors.apply import apply
from actors.models.catalog.rewriters import find_rewriter
from actors.models.flamingo.store import save_flamingo
from actors.models.text_generator import GenerationParams
from actors.pictures.cropper import PictureCropper
from actors.rewriter import GENERATION_COLUMNS, PARAMS, REPEATED, ResponseRewriter, for_engine
from pipelines.schema import base_schema, live_row

GREEDY = GenerationParams(max_new_tokens=8, temperature=0.0, no_repeat_ngram=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("flamingo")
    return save_flamingo(tiny_flamingo(lora=SMALL_LORA, context=320), root / "tiny")


def rows(root: Path) -> pa.Table:
    for i in range(2):
        (root / f"{i}.png").write_bytes(picture(i))
    asked = [
        ("What is it?<image>", "cat", ["0.png"]),
        ("What is it?", "cat", ["1.png"]),
        ("Say hello.", "hi", []),
        ("Say hello.", " ", []),
        ("Two?<image>", "cat", ["0.png", "1.png"]),
    ]
    made = [
        live_row(id=str(i), dataset="d", task="vqa", instruction=text, response=draft, images=images)
        for i, (text, draft, images) in enumerate(asked)
    ]
    return pa.Table.from_pylist(made, schema=base_schema())


def test_a_flamingo_rewrites_and_keeps_the_draft_and_its_own_figures(folder, tmp_path):
    model = find_rewriter(str(folder))
    assert model.picture_size == 16
    table = apply(PictureCropper(str(tmp_path), 16), rows(tmp_path))
    actor = ResponseRewriter(model, params=GREEDY)
    actor.check()
    actor.load()
    written = apply(actor, table)
    assert written["reason"].to_pylist() == [None, None, None, "empty_draft", "image_count"]
    assert written["response_original"].to_pylist() == ["cat", "cat", "hi", " ", "cat"]
    live = written.slice(0, 3).to_pylist()
    for row in live:
        assert row["finish_reason"] in ("stop", "length")
        assert 1 <= row["new_tokens"] <= 8
        assert row["logprob"] < 0
        assert row["cut_tokens"] == 0
    assert set(GENERATION_COLUMNS) <= set(written.column_names)
    again = apply(actor, table.slice(1, 1))
    assert again["response"].to_pylist() == [live[1]["response"]]


def test_without_pictures_a_flamingo_reads_the_text_alone(folder, tmp_path):
    actor = ResponseRewriter(find_rewriter(str(folder)), params=GREEDY, with_pictures=False)
    actor.load()
    assert apply(actor, rows(tmp_path))["reason"].to_pylist()[:3] == ["image_count", None, None]


def test_the_mode_must_be_what_the_model_is(folder):
    with pytest.raises(ValueError, match="--mode text"):
        find_rewriter("smollm2-135m", "flamingo")
    assert find_rewriter("smollm2-135m").text is not None
    assert find_rewriter("polite-flamingo").picture_size == 336
    assert find_rewriter(str(folder)).flamingo == str(folder)


def test_an_engine_that_cannot_count_runs_gets_no_default_for_it():
    assert for_engine(PARAMS, "openai", text_only=True).no_repeat_ngram == 0
    assert for_engine(PARAMS, "flamingo", text_only=False).no_repeat_ngram == 3


def test_the_defaults_are_the_released_wrappers():
    assert (PARAMS.max_new_tokens, PARAMS.top_k, PARAMS.no_repeat_ngram, PARAMS.seed) == (1024, 20, 3, 42)
    assert (PARAMS.temperature, PARAMS.top_p) == (1.0, 1.0)


def test_in_float32_no_row_changes_when_it_is_written_again_in_other_company(folder, tmp_path):
    table = apply(PictureCropper(str(tmp_path), 16), rows(tmp_path))
    actor = ResponseRewriter(find_rewriter(str(folder)), params=GREEDY, repeats=2)
    actor.load()
    assert apply(actor, table)[REPEATED].to_pylist()[:3] == [False, False, None]
    assert apply(actor, table)[REPEATED].to_pylist()[:3] == [None, None, None]
