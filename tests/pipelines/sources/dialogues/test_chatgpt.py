"""ShareGPT: people's dialogues, from a JSON array; UltraChat: JSON lines under either suffix."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from dialogue_sets import failures, rows_by_id, turns_of, write_json

from pipelines.sources.dialogues.chatgpt import ShareGpt, UltraChat


def test_sharegpt_skips_system_texts_and_answers_to_nothing(tmp_path: Path) -> None:
    turns = [
        {"from": "system", "value": "be nice"},
        {"from": "gpt", "value": "Hello!"},
        *turns_of("Hi", "Hello."),
    ]
    rows = rows_by_id(ShareGpt(write_json(tmp_path, [{"id": "x", "conversations": turns}])))
    assert [(row["instruction"], row["response"], row["images"]) for row in rows.values()] == [
        ("Hi", "Hello.", [])
    ]


def test_a_file_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected an array"):
        list(ShareGpt(write_json(tmp_path, {"a": 1})).rows())
    with pytest.raises(ValueError, match="is no file"):
        ShareGpt(tmp_path / "none.json").check()


@pytest.mark.parametrize("name", ["train_0.jsonl", "train_0.json"])
def test_ultrachat_is_read_line_by_line_under_either_suffix(tmp_path: Path, name: str) -> None:
    lines = [json.dumps({"id": "0", "data": ["Hi", "Hello.", "Bye", "Good bye."]}), '{"torn', '{"data": 5}']
    (tmp_path / name).write_text("\n".join(lines))
    source = UltraChat(tmp_path)
    rows = rows_by_id(source)
    assert [row["response"] for row in rows.values() if row["status"] == "live"] == ["Hello.", "Good bye."]
    assert list(failures(source).values()) == ["malformed_record", "bad_turns"]


def test_sharegpt_reads_pictures_tools_and_what_two_turns_of_a_side_say(tmp_path: Path) -> None:
    records = [
        {"conversations": turns_of("<image>What colour?", "Red."), "images": ["a.png"]},
        {"conversations": [*turns_of("Hi"), *turns_of("Who?", "Me.")]},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo."}]},
        {"conversations": turns_of("Weather?", "20.", roles=("human", "gpt")), "tools": "[]"},
        {
            "conversations": [
                {"from": "human", "value": "Hi"},
                {"from": "gpt", "value": None},
                *turns_of("b", "c"),
            ]
        },
    ]
    source = ShareGpt(write_json(tmp_path, records))
    rows = rows_by_id(source)
    assert (rows["1-1"]["images"], rows["1-1"]["task"]) == (["a.png"], "vqa")
    assert rows["2-1"]["instruction"] == "Hi\n\nWho?" and rows["3-1"]["response"] == "Yo."
    assert failures(source) == {"5-1": "empty_text"} and rows["5-2"]["instruction"] == "b"
    assert source.unused() == {"field tools": 1}


def test_sharegpt_has_a_picture_folder_only_where_a_record_names_a_picture(tmp_path: Path) -> None:
    record = {"conversations": turns_of("Hi", "Yo.")}
    path = write_json(tmp_path, [record])
    assert ShareGpt(path).image_root() is None
    assert ShareGpt(path, pictures=tmp_path / "p").image_root() == tmp_path / "p"
    path = write_json(tmp_path, [record, {**record, "images": ["a.png"]}], "more.json")
    assert ShareGpt(path).image_root() == tmp_path


@pytest.mark.parametrize("name", ["set.json", "set.jsonl"])
def test_a_packed_file_is_refused_by_its_name_and_not_line_by_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b'[{"conversations": []}]'))
    for source in (ShareGpt(tmp_path / name), UltraChat(tmp_path / name)):
        with pytest.raises(ValueError, match=f"{name} is packed with gzip; unpack it"):
            list(source.rows())
