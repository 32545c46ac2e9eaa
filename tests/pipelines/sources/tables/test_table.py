"""A user's table: every format, every way a record can be broken, and what the driver says first."""

import codecs
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from actors.prompts.task import Task
from pipelines.recipes.ingest import ingest_rows
from pipelines.schema import Row
from pipelines.sources.choice import open_source
from pipelines.sources.tables.table import FieldMap, TableSource
from trainers.mmbt.rows import read_rows

SPAM = Task("spam", "s", ("not spam", "spam"), "{document}\nSpam?")
PAIR = Task("pair", "s", ("yes", "no"), "{document}?", document="A: {premise}\nB: {hypothesis}")
MEME = Task("meme", "s", ("yes", "no"), "{document}?", uses_image=True)


def rows_of(source: TableSource) -> list[Row]:
    source.check()
    return list(source.rows())


def outcomes(rows: list[Row]) -> list[str]:
    return [row["reason"] or row["text"] for row in rows]


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_jsonl_rows_carry_text_label_language_and_a_stable_id(tmp_path: Path) -> None:
    path = write(tmp_path / "sms.jsonl", '{"text": "win", "label": "SPAM", "language": "en", "id": 7}\n')
    (row,) = rows_of(TableSource(SPAM, path))
    assert (row["id"], row["text"], row["human_label"], row["language"]) == ("sms/all/7", "win", "spam", "en")
    assert (row["status"], row["images"], row["dataset"]) == ("live", [], "sms")


def test_every_broken_jsonl_record_fails_alone_with_its_reason(tmp_path: Path) -> None:
    lines = [
        codecs.BOM_UTF8 + b'{"text": "one", "label": "spam"}\r',
        b'{"text": "two", "label": "spam"',
        b'["text"]',
        b'{"text": "caf\xe9", "label": "spam"}',
        b'{"label": "spam"}',
        b'{"text": null}',
        b'{"text": "  "}',
        b'{"text": 5}',
        b'{"text": "\\ud800 half"}',
        b"",
        b'{"text": "six", "label": "maybe"}',
        b'{"text": "seven", "label": ["spam"]}',
        b"[" * 100_000,
        b'{"text": "last", "label": ""}',
    ]
    rows = rows_of(TableSource(SPAM, write(tmp_path / "t.jsonl", b"\n".join(lines))))
    assert outcomes(rows) == [
        "one",
        *3 * ["malformed_record"],
        "missing_field",
        "empty_text",
        "empty_text",
        "wrong_type",
        "malformed_record",
        "unknown_label",
        "wrong_type",
        "malformed_record",
        "last",
    ]
    assert all(row["detail"] for row in rows if row["reason"])
    assert len({row["id"] for row in rows}) == len(rows)
    assert rows[-1]["id"] == "t/all/14" and rows[-1]["human_label"] is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'text,label\r\n"a, ""b""\nc",spam\r\n\r\nd,not spam\r\n'),
        ("t.csv", codecs.BOM_UTF8 + b'text;label\n"a, ""b""\nc";spam\nd;not spam'),
        ("t.CSV", 'label\ttext\nspam\t"a, ""b""\nc"\nnot spam\td\n'),
    ],
)
def test_csv_is_read_with_quotes_separators_and_line_ends(tmp_path: Path, name: str, content: Any) -> None:
    rows = rows_of(TableSource(SPAM, write(tmp_path / name, content)))
    assert outcomes(rows) == ['a, "b"\nc', "d"]
    assert [row["human_label"] for row in rows] == ["spam", "not spam"]


def test_a_tsv_has_no_quotation_marks(tmp_path: Path) -> None:
    rows = rows_of(TableSource(SPAM, write(tmp_path / "t.tsv", 'text\tlabel\n"open\tspam\nnext\tspam\n')))
    assert outcomes(rows) == ['"open', "next"]


def test_every_broken_csv_record_fails_alone_with_its_reason(tmp_path: Path) -> None:
    content = b"id,text,label\n1,one,spam\n2,caf\xe9,spam\n3,a,b,c\n4\n,five,spam\n6,,spam\n7,last,\n"
    rows = rows_of(TableSource(SPAM, write(tmp_path / "t.csv", content)))
    assert outcomes(rows) == [
        "one",
        "malformed_record",
        "malformed_record",
        "missing_field",
        "bad_id",
        "empty_text",
        "last",
    ]
    assert [row["id"] for row in rows][:2] == ["t/all/1", "t/all/row-2"]


def test_parquet_rows_with_broken_text_fail_alone(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(
        pa.string(), 3, pa.array([b"one", b"\xff\xfe", b"three"], pa.binary()).buffers()
    )
    table = pa.table({"text": broken, "label": [1, 0, None], "other": [[1], [2], [3]]})
    pq.write_table(table, tmp_path / "t.parquet")
    source = TableSource(SPAM, tmp_path / "t.parquet", label_map={"1": "spam", "0": "not spam"})
    rows = rows_of(source)
    assert outcomes(rows) == ["one", "malformed_record", "three"]
    assert [row.get("human_label") for row in rows] == ["spam", None, None]


def test_numbers_and_truth_values_are_labels_once_mapped(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", "\n".join(f'{{"text": "x", "y": {y}}}' for y in ("1", "0.0", "true")))
    source = TableSource(SPAM, path, FieldMap(label="y"), {"1": "spam", "0": "not spam", "TRUE": "spam"})
    assert [row["human_label"] for row in rows_of(source)] == ["spam", "not spam", "spam"]


def test_fields_make_up_the_document(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "premise,hypothesis,label\nrain,wet,yes\nsun,,no\n{hypothesis},x,no\n")
    rows = rows_of(TableSource(PAIR, path))
    assert outcomes(rows) == ["A: rain\nB: wet", "empty_text", "A: {hypothesis}\nB: x"]
    mapped = TableSource(SPAM, path, FieldMap(document="{premise} / {hypothesis}", label=""))
    assert rows_of(mapped)[0]["text"] == "rain / wet"


def test_pictures_stay_under_the_root_and_may_stand_without_text(tmp_path: Path) -> None:
    lines = "\n".join(
        f'{{"text": "{text}", "image": {image}}}'
        for text, image in [
            ("a", '"p/1.jpg"'),
            ("", '"2.jpg"'),
            ("c", '"../3.jpg"'),
            ("d", '"/etc/passwd"'),
            ("e", "null"),
            ("f", "4"),
            ("g", '["5.jpg", "6.jpg"]'),
        ]
    )
    path = write(tmp_path / "t.jsonl", lines)
    rows = rows_of(TableSource(MEME, path))
    assert outcomes(rows) == [
        "a", "", "image_outside_root", "image_outside_root", "missing_image", "wrong_type", "g",
    ]  # fmt: skip
    assert [row["images"] for row in rows if row["status"] == "live"] == [
        ["p/1.jpg"],
        ["2.jpg"],
        ["5.jpg", "6.jpg"],
    ]
    assert TableSource(MEME, path).image_root() == tmp_path


def test_a_folder_of_tables_is_one_set(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    write(folder / "b.csv", "text\nsecond\n")
    write(folder / "a.jsonl", '{"text": "first"}\n')
    write(folder / "notes.md", "not a table")
    rows = rows_of(TableSource(SPAM, folder))
    assert [(row["id"], row["text"]) for row in rows] == [
        ("parts/all/a-1", "first"),
        ("parts/all/b-1", "second"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "fields", "message"),
    [
        ("t.csv", "txt,label\nx,spam", FieldMap(), "no column 'text'.*--fields.text.*did you mean 'txt'"),
        ("t.csv", "text\nx", FieldMap(label="y"), "no column 'y'.*--fields.label"),
        ("t.csv", "text\nx", FieldMap(document="Title"), "needs a column in braces"),
        ("t.csv", "text,text\nx,y", FieldMap(), "twice"),
        ("t.csv", "", FieldMap(), "no header line"),
        ("t.csv", "text\n".encode("utf-16"), FieldMap(), "UTF-16"),
        ("t.jsonl", "", FieldMap(), "it is empty"),
        ("t.jsonl", "text,label\nx,spam", FieldMap(), "no JSON object per line: .*line 1"),
        ("t.parquet", "PAR1 no", FieldMap(), "not a whole Parquet file"),
        ("t.xlsx", "x", FieldMap(), "is no table; expected .jsonl"),
        ("t.csv", "text,label\nx,0\ny,1\n", FieldMap(), "holds \\['0', '1'\\].*--label-map 0='not spam'"),
    ],
)
def test_what_cannot_work_is_said_before_anything_runs(
    tmp_path: Path, name: str, content: Any, fields: FieldMap, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        TableSource(SPAM, write(tmp_path / name, content), fields).check()


def test_a_map_to_no_label_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "text\nx")
    with pytest.raises(ValueError, match="did you mean 'spam'"):
        TableSource(SPAM, path, label_map={"1": "spma"}).check()
    with pytest.raises(ValueError, match="does not exist"):
        TableSource(SPAM, tmp_path / "no.csv").check()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_long_table_is_read_as_a_stream(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    text, count = "word " * 100, 10_000
    if suffix == "parquet":
        pq.write_table(pa.table({"text": [text] * count}), path, row_group_size=1_000, use_dictionary=False)
    else:
        line = f'{{"text": "{text}"}}\n' if suffix == "jsonl" else f"{text}\n"
        path.write_text(("" if suffix == "jsonl" else "text\n") + line * count)
    source = TableSource(SPAM, path)
    source.check()
    tracemalloc.start()
    assert sum(1 for _ in source.rows()) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6 < len(text) * count / 2


def test_a_picture_without_words_is_a_row_of_a_user_task_with_pictures(tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(
        'labels: [cat, dog]\nuses_image: true\nprompt: "{document} Cat or dog?"\n'
    )
    Image.new("RGB", (8, 6), "grey").save(tmp_path / "a.png")
    lines = (
        '{"text": "", "image": "a.png", "label": "cat"}\n{"text": "bark", "image": "a.png", "label": "cow"}\n'
    )
    flags = {"data": write(tmp_path / "rows.jsonl", lines), "fields": FieldMap(image="image")}
    source = open_source("table", task=str(tmp_path / "task.yaml"), **flags)
    manifest = ingest_rows(source, tmp_path / "out")
    assert manifest.reasons["failed"] == {"unknown_label": 1}
    rows, _ = read_rows([manifest], multi_label=False)
    (row,) = rows
    assert (row.text, row.label, Path(str(row.picture)).name) == ("", "cat", "a.png")
