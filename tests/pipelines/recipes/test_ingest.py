"""The ingest verb: any source, or a finished run, as shards with a manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors.prompts.task import load_task
from pipelines.__main__ import main
from pipelines.manifest import Manifest
from pipelines.recipes.ingest import ingest_rows
from pipelines.sources.derived import InstructionRows
from pipelines.sources.tables.table import TableSource


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    records = [
        {"instruction": "What is this?", "response": "A red circle.", "image": "a.png"},
        {"instruction": "Sum up", "input": "a long text", "response": "Short."},
        {"instruction": "Broken", "response": 5},
        {"instruction": "Two <image> marks <image>", "response": "Yes.", "image": "a.png"},
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, records)) + "\n{torn\n")
    return file


def rows_of(out: Path) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in Manifest.read(out).table().to_pylist()}


def test_a_file_of_pairs_becomes_shards_in_which_every_bad_record_has_its_reason(
    pairs: Path, tmp_path: Path
) -> None:
    assert main(["ingest", str(pairs), "--out", str(tmp_path / "out")]) == 0
    manifest, rows = Manifest.read(tmp_path / "out"), rows_of(tmp_path / "out")
    assert manifest.rows == {"in": 5, "kept": 2, "dropped": 0, "failed": 3}
    assert manifest.image_root == str(tmp_path)
    assert rows["pairs/all/1"]["instruction"] == "What is this?<image>"
    assert rows["pairs/all/2"]["instruction"] == "Sum up\ninput: a long text"
    reasons = [rows[f"pairs/all/{number}"]["reason"] for number in (3, 4, 5)]
    assert reasons == ["wrong_type", "image_marks", "malformed_record"]


def test_a_finished_run_can_be_ingested_and_its_marks_come_along(pairs: Path, tmp_path: Path) -> None:
    assert main(["ingest", str(pairs), "--out", str(tmp_path / "one")]) == 0
    assert main(["ingest", str(tmp_path / "one"), "--out", str(tmp_path / "two")]) == 0
    assert rows_of(tmp_path / "two") == rows_of(tmp_path / "one")
    assert Manifest.read(tmp_path / "two").image_root == str(tmp_path)


def test_the_same_command_finds_it_finished_and_another_one_is_refused(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ingest", str(pairs), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    created = Manifest.read(tmp_path / "out").created
    assert main(command) == 0
    assert Manifest.read(tmp_path / "out").created == created
    assert main([*command, "--limit", "1"]) == 2
    assert "limit: None → 1" in capsys.readouterr().err
    assert main([*command, "--limit", "1", "--fresh"]) == 0
    assert Manifest.read(tmp_path / "out-2").rows["in"] == 1


def test_a_file_that_was_refused_can_be_mended_and_ingested_into_the_same_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pairs.jsonl"
    record = json.dumps({"id": "a", "instruction": "What?", "response": "That."})
    file.write_text(f"{record}\n{record}\n")
    command = ["ingest", str(file), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert "ids occur more than once" in capsys.readouterr().err
    file.write_text(record)
    assert main(command) == 0
    assert Manifest.read(tmp_path / "out").rows["kept"] == 1


def test_a_labelled_set_becomes_instructions_with_terse_responses(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("text,label,image\nIs it red?,yes,a.png\n")
    task = load_task("easy_vqa")
    source = InstructionRows(TableSource(task, tmp_path / "q.csv"))
    ingest_rows(source, tmp_path / "out")
    [row] = Manifest.read(tmp_path / "out").table().to_pylist()
    assert (row["instruction"], row["response"]) == ("Is it red?<image>", "yes")
    assert (row["text"], row["task"]) == ("Is it red?", "vqa")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "source 'nothing' is not known"),
        (["table", "--data", "x.csv"], "--task"),
        (["pairs", "--split", "test"], "--split means nothing"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", *arguments, "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
