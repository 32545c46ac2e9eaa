"""One row in the layouts of other people's tools."""

from __future__ import annotations

from pipelines.exports.records import (
    kept_scores,
    llava_record,
    pf1m_record,
    sharegpt_record,
    with_marks,
    with_paths,
)  # fmt: skip

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
