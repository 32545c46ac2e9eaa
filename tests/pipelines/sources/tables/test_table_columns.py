"""Columns of a table that begin late, go by other names, or that no row has."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.prompts.task import Task
from pipelines.schema import Row
from pipelines.sources.tables.table import FieldMap, TableSource

SPAM = Task("spam", "s", ("not spam", "spam"), "{document}\nSpam?")
MEME = Task("meme", "s", ("yes", "no"), "{document}?", uses_image=True)


def rows_of(source: TableSource) -> list[Row]:
    source.check()
    return list(source.rows())


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_a_label_column_that_begins_late_is_read(tmp_path: Path) -> None:
    lines = ['{"text": "x"}'] * 1500 + ['{"text": "y", "label": "spam"}']
    rows = rows_of(TableSource(SPAM, write(tmp_path / "t.jsonl", "\n".join(lines))))
    assert (rows[0]["human_label"], rows[-1]["human_label"]) == (None, "spam")
    named = TableSource(SPAM, tmp_path / "t.jsonl", FieldMap(text="text", label="label"))
    assert rows_of(named)[-1]["human_label"] == "spam"


def test_pictures_of_hugging_faces_image_folder_are_found(tmp_path: Path) -> None:
    lines = '{"file_name": "a.png", "text": "one", "label": "yes"}\n{"file_name": null, "text": "two"}\n'
    rows = rows_of(TableSource(MEME, write(tmp_path / "metadata.jsonl", lines)))
    assert [row["images"] for row in rows] == [["a.png"], []]
    assert rows[1]["reason"] == "missing_image"


def test_a_task_with_pictures_is_refused_where_no_column_names_one(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "text,photo\na,b.png\n")
    with pytest.raises(ValueError, match=r"no column names one; columns: \['text', 'photo'\]"):
        TableSource(MEME, path).check()
    assert rows_of(TableSource(MEME, path, FieldMap(image="photo")))[0]["images"] == ["b.png"]
    assert rows_of(TableSource(MEME, path, FieldMap(image="")))[0]["images"] == []


def test_whole_numbers_that_pandas_made_floats_are_keys(tmp_path: Path) -> None:
    lines = "\n".join(f'{{"id": {key}, "text": "x"}}' for key in ("1.0", "2.0", "2.5", "null", "true", "3"))
    rows = rows_of(TableSource(SPAM, write(tmp_path / "t.jsonl", lines)))
    assert [row["reason"] or row["id"] for row in rows] == [
        "t/all/1", "t/all/2", "bad_id", "bad_id", "bad_id", "t/all/3",
    ]  # fmt: skip
    pq.write_table(pa.table({"id": [1.0, None, 3.0], "text": list("abc")}), tmp_path / "p.parquet")
    rows = rows_of(TableSource(SPAM, tmp_path / "p.parquet"))
    assert [row["reason"] or row["id"] for row in rows] == ["p/all/1", "bad_id", "p/all/3"]


def test_what_pandas_writes_for_null_is_no_label_and_is_counted(tmp_path: Path) -> None:
    cells = ["spam", "nan", "NaN", "None", "<NA>", "", "maybe"]
    path = write(tmp_path / "t.csv", "text,label\n" + "".join(f"x,{cell}\n" for cell in cells))
    source = TableSource(SPAM, path)
    rows = rows_of(source)
    assert [row["reason"] or row["human_label"] for row in rows] == ["spam", *5 * [None], "unknown_label"]
    assert sum(source.unused().values()) == 4
    assert source.unused()["'nan' in column label (read as no label)"] == 1
    none = Task("none", "s", ("none", "some"), "{document}?")
    path = write(tmp_path / "n.csv", "text,label\nx,None\ny,some\n")
    assert [row["human_label"] for row in rows_of(TableSource(none, path))] == ["none", "some"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "json"])
def test_columns_that_no_row_has_are_counted_where_they_hold_something(tmp_path: Path, suffix: str) -> None:
    records = [{"text": "a", "url": "u", "note": ""}, {"text": "b", "url": "v", "note": "n"}]
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif suffix == "csv":
        write(path, "text,url,note\na,u,\nb,v,n\n")
    else:
        lines = [json.dumps(record) for record in records]
        write(path, f"[{','.join(lines)}]" if suffix == "json" else "\n".join(lines))
    source = TableSource(SPAM, path)
    assert [row["text"] for row in rows_of(source)] == ["a", "b"]
    note = 2 if suffix == "parquet" else 1  # of Parquet a column that is not needed is not read
    assert source.unused() == {"column url": 2, "column note": note}


def test_a_table_is_told_apart_from_a_key_in_suggestions(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "ticket,body\nT-1,all is well\nT-2,it is not\n")
    with pytest.raises(ValueError, match="no column 'text'") as caught:
        TableSource(SPAM, path).check()
    assert "did you mean" not in str(caught.value)


def test_swallowed_rows_are_found_by_the_tasks_own_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", 'text,label\n"5 inch,spam\nb,not spam\n7",not spam\nd,spam\n')
    rows = rows_of(TableSource(SPAM, path))
    assert [row["reason"] or (row["text"], row["human_label"]) for row in rows] == [
        "malformed_record", ("b", "not spam"), ('7"', "not spam"), ("d", "spam"),
    ]  # fmt: skip
    path = write(tmp_path / "t.csv", 'text,label\n"Dear John, hi\nbye",spam\nb,not spam\n')
    assert [row["text"] for row in rows_of(TableSource(SPAM, path))] == ["Dear John, hi\nbye", "b"]
