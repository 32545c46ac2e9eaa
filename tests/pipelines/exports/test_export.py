"""A filtered run as PF-1M, LLaVA, ShareGPT, Parquet and WebDataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filter_run import OPEN, TWO, filtered_run
from own_run import write_own_run

from pipelines.__main__ import main
from pipelines.exports.export import (
    export_run,
    kept_scores,
    llava_record,
    pf1m_record,
    sharegpt_record,
    with_marks,
    with_paths,
)  # fmt: skip
from pipelines.lineage import runs_behind
from pipelines.manifest import Manifest
from pipelines.recipes.filter.again import filter_again
from pipelines.recipes.filter.settings import Limits
from pipelines.schema import live_row

KEPT = {"good", "two", "answer", "wrong", "change"}


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> Manifest:
    return filtered_run(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def run(scored, tmp_path_factory) -> Manifest:
    """The run with the lower paragraph of `two` taken out."""
    [row] = [row for row in scored.table().to_pylist() if row["id"].endswith("two-0")]
    limit = max(row["paragraph_clip_scores"])
    return filter_again(scored.path, tmp_path_factory.mktemp("again") / "run", Limits(min_clip_score=limit))


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def by_name(folder: Path, records: list[Any]) -> dict[str, Any]:
    names = [row["id"].split("/")[-1][:-2] for row in lines(folder / "rows.jsonl")]
    return dict(zip(names, records, strict=True))


def test_pf1m_records_have_its_fields_and_no_others(run, tmp_path):
    export_run(run.path, tmp_path / "set", "pf1m")
    records = by_name(tmp_path / "set", json.loads((tmp_path / "set/pf1m.json").read_text()))
    assert set(records) == KEPT
    caption = ["input", "output", "rouge_score", "sts_similarity", "original", "reward"]
    assert list(records["good"]) == list(records["change"]) == caption
    assert list(records["answer"]) == [
        "input",
        "output",
        "rouge_score",
        "nli_similarity",
        "original",
        "reward",
    ]
    two = records["two"]
    assert list(two) == [*caption[:3], "filtered_paragraphs", "paragraph_clip_scores", *caption[3:]]
    assert [text for _, text in two["filtered_paragraphs"]] + [two["output"]] in (
        TWO.split("\n\n"), TWO.split("\n\n")[::-1]
    )  # fmt: skip
    assert len(two["paragraph_clip_scores"]) == 1
    assert two["input"] == "What is in this picture?<img_path>red.png<img_path>"
    assert records["change"]["input"].count("<img_path>") == 4
    assert len(records["answer"]["nli_similarity"]) == 3
    assert records["good"]["rouge_score"] == round(records["good"]["rouge_score"], 4)


def test_chat_formats_keep_the_pictures_places(run, tmp_path):
    export_run(run.path, tmp_path / "llava", "llava")
    [answer] = [r for r in json.loads((tmp_path / "llava/llava.json").read_text()) if "answer" in r["id"]]
    assert answer["image"] == "red.png"
    assert answer["conversations"] == [
        {"from": "human", "value": "What is in this picture?<image>"},
        {"from": "gpt", "value": "Yes, there is a dog on the left."},
    ]
    export_run(run.path, tmp_path / "sharegpt", "sharegpt")
    records = json.loads((tmp_path / "sharegpt/sharegpt.json").read_text())
    assert {len(record["images"]) for record in records} == {1, 2}


def test_parquet_holds_the_live_rows_without_marks(run, tmp_path):
    export_run(run.path, tmp_path / "set", "parquet")
    table = pq.read_table(sorted(str(file) for file in (tmp_path / "set").glob("*.parquet")))
    assert {row["id"].split("/")[-1][:-2] for row in table.select(["id"]).to_pylist()} == KEPT
    assert "status" not in table.column_names and "paragraph_clip_scores" in table.column_names


def test_webdataset_reads_its_shards_with_every_picture(run, tmp_path):
    import webdataset

    export_run(run.path, tmp_path / "set", "webdataset")
    shards = sorted(str(file) for file in (tmp_path / "set").glob("*.tar"))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False, empty_check=False))
    assert len(samples) == len(KEPT)
    for sample in samples:
        record = json.loads(sample["json"])
        assert sum(key.endswith(".png") for key in sample) == len(record["images"])
    assert any("1.png" in sample for sample in samples)


def test_a_picture_that_is_gone_leaves_its_row_out_with_the_reason(scored, tmp_path):
    run = filter_again(scored.path, tmp_path / "run", OPEN)
    blue = Path(str(run.image_root)) / "blue.png"
    content = blue.read_bytes()
    blue.unlink()
    try:
        tally = export_run(run.path, tmp_path / "set", "webdataset")
    finally:
        blue.write_bytes(content)
    assert tally.outcomes("tiny_qa")["failed", "missing_image"] == 1
    assert tally.exported.total() == len(KEPT) - 1


def test_the_card_accounts_for_every_row(run, scored, tmp_path):
    tally = export_run(run.path, tmp_path / "set", "pf1m")
    card = (tmp_path / "set/README.md").read_text()
    assert tally.exported.total() + tally.left_out.total() == run.rows["in"]
    assert "| tiny | 3 | 2 | 1 |" in card
    assert "| tiny_qa | 6 | 3 | 3 |" in card
    assert "`repetition`" in card and "the same words again and again" in card
    assert "1 of the exported rows lost a paragraph" in card
    assert [row["reason"] for row in lines(tmp_path / "set/left_out.jsonl") if "short" in row["id"]] == [
        "too_short"
    ]
    assert [behind.path for behind in runs_behind(run)] == [scored.path]
    assert str(tmp_path) not in card


def test_the_verb_writes_beside_the_run_and_never_over_a_set(run, capsys):
    assert main(["export", str(run.path), "--format", "sharegpt"]) == 0
    assert (run.path / "export/sharegpt/README.md").is_file()
    assert "card:" in capsys.readouterr().out
    assert main(["export", str(run.path), "--format", "sharegpt"]) == 2
    assert "is not empty" in capsys.readouterr().err


ROW = {
    "id": "a/1", "images": ["x.png"], "instruction": "What?<image>", "response": "A dog.",
    "response_original": "dog", "rouge_score": 0.123456, "sts_similarity": 0.75, "reward": -1.00004,
}  # fmt: skip


def test_marks_and_paths_go_into_one_another():
    assert with_paths("<image>a<image>b", ["x", "y"]) == "<img_path>x<img_path>a<img_path>y<img_path>b"
    assert with_paths("a", ["x"]) == "a<img_path>x<img_path>"
    assert with_paths("a<image>", []) == "a"
    assert with_marks("a<image>", 2) == "a<image><image>"
    assert kept_scores([1.0, 2.0, 1.0], [{"score": 1.0, "text": "t"}]) == [2.0, 1.0]


def test_a_pf1m_record_has_the_scores_that_were_taken_rounded_to_four_digits():
    assert pf1m_record(ROW) == {
        "input": "What?<img_path>x.png<img_path>", "output": "A dog.", "rouge_score": 0.1235,
        "sts_similarity": 0.75, "original": "dog", "reward": -1.0,
    }  # fmt: skip


def test_answers_have_their_logits_in_place_of_a_similarity():
    record = pf1m_record({**ROW, "nli_similarity": [1.00001, -2.0, 0.5]})
    assert record["nli_similarity"] == [1.0, -2.0, 0.5] and "sts_similarity" not in record


def test_scores_of_paragraphs_are_there_where_there_were_several():
    low = {"score": 3.0, "text": "gone"}
    record = pf1m_record({**ROW, "paragraph_clip_scores": [20.0, 3.0], "filtered_paragraphs": [low]})
    assert record["paragraph_clip_scores"] == [20.0] and record["filtered_paragraphs"] == [[3.0, "gone"]]
    assert "paragraph_clip_scores" not in pf1m_record({**ROW, "paragraph_clip_scores": [20.0]})


def test_llava_names_one_picture_or_a_list_and_none_where_there_is_none():
    assert llava_record(ROW)["image"] == "x.png"
    assert llava_record({**ROW, "images": ["x", "y"]})["image"] == ["x", "y"]
    assert "image" not in llava_record({**ROW, "images": None})


def test_a_conversation_has_a_mark_for_every_picture():
    record = sharegpt_record({**ROW, "images": ["x", "y"]})
    assert record["images"] == ["x", "y"]
    assert record["conversations"] == [
        {"from": "human", "value": "What?<image><image>"}, {"from": "gpt", "value": "A dog."},
    ]  # fmt: skip


LABELLED = {
    "text": pa.string(),
    "human_label": pa.string(),
    "label": pa.string(),
    "confidence": pa.float64(),
}


def labelled_run(folder: Path, *rows: dict[str, Any]) -> Path:
    """A labelling run, whose rows may come from a set with human labels as responses."""
    made = [
        live_row(id=f"set/{number}", dataset="set", task="label") | row for number, row in enumerate(rows)
    ]
    return write_own_run(folder, made, name="annotate", columns=LABELLED)


@pytest.mark.parametrize("kind", ["llava", "sharegpt"])
def test_of_a_labelling_run_documents_and_the_models_labels_are_written(tmp_path: Path, kind: Any) -> None:
    run = labelled_run(
        tmp_path / "run",
        {"text": "Fine.", "human_label": "bad", "label": "good"},
        {"text": "Awful.", "human_label": "bad", "label": "bad", "instruction": "Awful.", "response": "bad"},
        {"text": "Well.", "human_label": "good", "label": "bad", "instruction": "Well.", "response": "good"},
        {"text": "What?", "human_label": "good", "label": None},
        {"text": "No.", "status": "dropped", "reason": "unanswered_refused"},
    )
    tally = export_run(run, tmp_path / "set", kind)
    records = json.loads((tmp_path / f"set/{kind}.json").read_text())
    said = [[turn["value"] for turn in record["conversations"]] for record in records]
    assert said == [["Fine.", "good"], ["Awful.", "bad"], ["Well.", "bad"]]
    assert tally.exported.total() == 3
    assert tally.outcomes("set") == {("failed", "missing_response"): 1, ("dropped", "unanswered_refused"): 1}
    card = (tmp_path / "set/README.md").read_text()
    assert card.startswith("# run: 3 documents with the labels of a model\n")
    assert "| set | 5 | 3 | 2 |" in card and "lost a paragraph" not in card


def test_pf1m_of_a_labelling_run_is_refused_with_the_formats_that_can_be_had(tmp_path: Path) -> None:
    run = labelled_run(tmp_path / "run", {"text": "Fine.", "label": "good"})
    with pytest.raises(ValueError, match="has no response_original.*--format .llava, sharegpt, parquet"):
        export_run(run, tmp_path / "set", "pf1m")


def test_a_live_row_without_a_response_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        live_row(id="set/1", dataset="set", task="t", instruction="What?", response="That."),
        live_row(id="set/2", dataset="set", task="t", instruction="What?"),
        live_row(id="set/3", dataset="set", task="t", response="That."),
        live_row(id="set/4", dataset="set", task="t", instruction="<image>?", response="That."),
    ]
    tally = export_run(write_own_run(tmp_path / "run", rows, columns={}), tmp_path / "set", "sharegpt")
    assert [record["id"] for record in json.loads((tmp_path / "set/sharegpt.json").read_text())] == ["set/1"]
    assert tally.outcomes("set") == {
        ("failed", "missing_response"): 1, ("failed", "empty_text"): 1, ("failed", "image_marks"): 1,
    }  # fmt: skip
    assert [row["id"] for row in lines(tmp_path / "set/left_out.jsonl")] == ["set/2", "set/3", "set/4"]
