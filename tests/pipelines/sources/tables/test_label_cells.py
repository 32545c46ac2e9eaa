"""A user's table with several labels per row: every format, every way to write them, and what is refused."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.base import BadRow
from actors.prompts.task import Task
from pipelines.manifest import Manifest
from pipelines.recipes.ingest import ingest_rows
from pipelines.schema import Row
from pipelines.sources.choice import SourceChoice, open_source
from pipelines.sources.tables.label_cells import label_lookup, parse_label_map, read_label
from pipelines.sources.tables.table import FieldMap, TableSource

TOPICS = Task("topics", "s", ("Art", "Sport", "Film Noir"), "{document}?", multi_label=True)
ONE_TOPIC = replace(TOPICS, multi_label=False)


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def write_lines(path: Path, labels: list[Any]) -> Path:
    lines = [json.dumps({"text": f"text {number}", "label": one}) for number, one in enumerate(labels)]
    return write(path, "\n".join(lines))


def rows_of(path: Path, task: Task = TOPICS, **settings: Any) -> list[Row]:
    source = TableSource(task, path, **settings)
    source.check()
    return list(source.rows())


def outcomes(rows: list[Row]) -> list[Any]:
    """Each row's labels, or why it failed."""
    return [row["reason"] or row["human_labels"] for row in rows]


def test_json_lists_are_taken_as_they_are_and_null_is_not_the_empty_list(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", [["Sport", "Art"], [], None, ["film noir", " ART ", "art"], ""])
    rows = rows_of(write(path, path.read_text() + '\n{"text": "no key"}'))
    assert outcomes(rows) == [["Sport", "Art"], [], None, ["Film Noir", "Art"], None, None]
    assert not any("human_label" in row for row in rows)


def test_a_text_is_cut_or_is_a_json_list(tmp_path: Path) -> None:
    cells = [" Sport | Art|", "Art", '["Art", "Sport"]', "[]", "|", " ", "[Art]"]
    rows = rows_of(write_lines(tmp_path / "t.jsonl", cells))
    assert outcomes(rows) == [["Sport", "Art"], ["Art"], ["Art", "Sport"], [], None, None, "unknown_label"]


@pytest.mark.parametrize(("suffix", "quoted"), [("csv", '"[""Art"",""Sport""]"'), ("tsv", '["Art","Sport"]')])
def test_cells_of_separated_files_are_cut_or_hold_a_json_list(
    tmp_path: Path, suffix: str, quoted: str
) -> None:
    between = "," if suffix == "csv" else "\t"
    cells = ["Art|Sport", quoted, "", "[]", "Art", "Art|Chess"]
    lines = [f"text {number}{between}{cell}" for number, cell in enumerate(cells)]
    rows = rows_of(write(tmp_path / f"t.{suffix}", "\n".join([f"text{between}labels", *lines, "short"])))
    both = ["Art", "Sport"]
    assert outcomes(rows) == [both, both, None, [], ["Art"], "unknown_label", None]


def test_parquet_lists_numbers_and_nulls_are_read(tmp_path: Path) -> None:
    numbers = pa.array([[2, 1, 2], [], None, [9]], pa.list_(pa.int64()))
    pq.write_table(pa.table({"text": list("abcd"), "label": numbers}), tmp_path / "t.parquet")
    rows = rows_of(tmp_path / "t.parquet", label_map={"1": "Art", "2": "Sport"})
    assert outcomes(rows) == [["Sport", "Art"], [], None, "unknown_label"]
    words = pa.array([["Art"], ["Sport", "Art"]]).cast(pa.list_(pa.dictionary(pa.int8(), pa.string())))
    pq.write_table(pa.table({"text": ["a", "b"], "label": words}), tmp_path / "words.parquet")
    assert outcomes(rows_of(tmp_path / "words.parquet")) == [["Art"], ["Sport", "Art"]]


def test_another_separator_and_the_map_hold_for_each_label(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "text,label\na,1; kunst ;ART\nb,1|2\nc,2.0\n")
    settings: dict[str, Any] = {
        "label_map": {"1": "Sport", "Kunst": "Art", "2.0": "Film Noir"},
        "label_separator": ";",
    }
    assert outcomes(rows_of(path, **settings)) == [["Sport", "Art"], "unknown_label", ["Film Noir"]]


def test_what_is_no_label_costs_its_own_row_with_a_reason(tmp_path: Path) -> None:
    broken = [{"a": 1}, [{"name": "Art"}], [["Art"]], ["Art", None], ["Art", "Chess"], "['Art']", [True]]
    rows = rows_of(write_lines(tmp_path / "t.jsonl", [["Art"], *broken, 5]))
    assert outcomes(rows) == [["Art"], *4 * ["bad_label"], *4 * ["unknown_label"]]
    assert all(row["detail"] for row in rows[1:])
    assert "a list is JSON, a text is cut at '|'" in rows[6]["detail"]


def test_the_column_is_labels_or_else_label_unless_it_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "text,label,labels,mine\nx,Art,Sport,Film Noir\n")
    assert outcomes(rows_of(path)) == [["Sport"]]
    assert outcomes(rows_of(path, fields=FieldMap(label="mine"))) == [["Film Noir"]]
    assert outcomes(rows_of(path, fields=FieldMap(label=""))) == [None]
    assert rows_of(path, ONE_TOPIC)[0]["human_label"] == "Art"


@pytest.mark.parametrize(
    ("task", "labels", "settings", "message"),
    [
        (ONE_TOPIC, [["Art"], ["Sport", "Art"]], {}, r"holds lists, such as \['Art'\].* multi_label: true"),
        (ONE_TOPIC, ["Art|Sport", "Chess"], {}, "where a row has several labels, set multi_label: true"),
        (ONE_TOPIC, ["Art"], {"label_separator": "|"}, "means nothing to task 'topics'.* multi_label: true"),
        (TOPICS, ["Art"], {"label_separator": ""}, "--label-separator is empty"),
        (TOPICS, ["Art;Sport"], {}, r"holds \['Art;Sport'\].* --label-separator \(now '\|'\)"),
        (TOPICS, [["1", "2"]], {}, r"holds \['1', '2'\].* --label-map 1='Art'"),
        (TOPICS, ["Art"], {"label_map": {"1": "Artt"}}, "did you mean 'Art'"),
    ],
)
def test_what_cannot_work_is_said_before_anything_runs(
    tmp_path: Path, task: Task, labels: list[Any], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        rows_of(write_lines(tmp_path / "t.jsonl", labels), task, **settings)


def test_a_list_in_a_row_of_one_label_fails_with_the_next_step(tmp_path: Path) -> None:
    rows = rows_of(write_lines(tmp_path / "t.jsonl", ["Art", ["Art", "Sport"]]), ONE_TOPIC)
    assert [row["reason"] for row in rows] == [None, "wrong_type"]
    assert "multi_label: true" in rows[1]["detail"]


def test_only_sources_that_can_have_several_labels_are_made(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for refused in (
        SourceChoice.of("sms_spam"),
        SourceChoice.of("easy_vqa"),
        SourceChoice.of(data=pictures),
    ):
        with pytest.raises(ValueError, match="several labels per row.* your own table"):
            refused.documents(TOPICS)
    path = write(tmp_path / "t.csv", "text,label\nx,Art;Sport\n")
    source = SourceChoice.of(data=path, label_separator=";").documents(TOPICS)
    assert outcomes(list(source.rows())) == [["Art", "Sport"]]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_every_record_is_one_row_of_the_manifest_and_reasons_are_counted(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    labels = [["Art", "Sport"], ["Sport"], [], None, ["Chess"], ["Art"]]
    texts = ["a", "b", "c", "d", "e", ""]
    if suffix == "parquet":
        pq.write_table(pa.table({"text": texts, "labels": pa.array(labels, pa.list_(pa.string()))}), path)
    elif suffix == "jsonl":
        pairs = zip(texts, labels, strict=True)
        write(path, "\n".join(json.dumps({"text": text, "labels": one}) for text, one in pairs))
    else:
        write(path, "text,labels\na,Art|Sport\nb,Sport\nc,[]\nd,\ne,Chess\n,Art\n")
    task = write(tmp_path / "topics.yaml", 'labels: [Art, Sport]\nmulti_label: true\nprompt: "{document}?"\n')
    ingest_rows(open_source("table", data=path, task=str(task)), tmp_path / "out")
    manifest = Manifest.read(tmp_path / "out")
    assert manifest.rows == {"in": 6, "kept": 4, "dropped": 0, "failed": 2}
    assert manifest.reasons["failed"] == Counter(unknown_label=1, empty_text=1)
    found = {row["text"]: row["human_labels"] for row in manifest.table().to_pylist() if row["text"]}
    assert found == {"a": ["Art", "Sport"], "b": ["Sport"], "c": [], "d": None}
    assert manifest.schema["human_labels"] == "list<item: string>" and "human_label" not in manifest.schema


def test_a_label_map_is_value_equals_label() -> None:
    assert parse_label_map(("1=spam", "0=not spam")) == {"1": "spam", "0": "not spam"}
    for wrong in (("spam",), ("=spam",), ("1=",), ("1=a", "1=b")):
        with pytest.raises(ValueError, match="--label-map"):
            parse_label_map(wrong)


def test_a_label_goes_by_its_name_or_by_what_the_map_says() -> None:
    spam = Task("spam", "s", ("not spam", "spam"), "{document}\nSpam?")
    lookup = label_lookup(spam, {"1": "spam", "HAM": "not spam"})
    values = (1, 1.0, "1", " Spam ", "ham", None, "  ")
    assert [read_label(value, lookup) for value in values] == [
        "spam", "spam", "spam", "spam", "not spam", None, None,
    ]  # fmt: skip
    for value, reason in (("maybe", "unknown_label"), (["spam"], "wrong_type")):
        with pytest.raises(BadRow) as caught:
            read_label(value, lookup)
        assert caught.value.reason == reason
    with pytest.raises(ValueError, match="--label-map 1=spma.*did you mean 'spam'"):
        label_lookup(spam, {"1": "spma"})
