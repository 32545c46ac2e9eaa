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
    assert main(["ingest", str(pairs), "--out", str(tmp_path / "out"), "--max-failed", "0.6"]) == 0
    manifest, rows = Manifest.read(tmp_path / "out"), rows_of(tmp_path / "out")
    assert manifest.rows == {"in": 5, "kept": 2, "dropped": 0, "failed": 3}
    assert manifest.image_root == str(tmp_path)
    assert rows["pairs/all/1"]["instruction"] == "What is this?<image>"
    assert rows["pairs/all/2"]["instruction"] == "Sum up\ninput: a long text"
    reasons = [rows[f"pairs/all/{number}"]["reason"] for number in (3, 4, 5)]
    assert reasons == ["wrong_type", "image_marks", "malformed_record"]


def test_a_finished_run_can_be_ingested_and_its_marks_come_along(pairs: Path, tmp_path: Path) -> None:
    for source, out in ((pairs, "one"), (tmp_path / "one", "two")):
        assert main(["ingest", str(source), "--out", str(tmp_path / out), "--max-failed", "1"]) == 0
    assert rows_of(tmp_path / "two") == rows_of(tmp_path / "one")
    assert Manifest.read(tmp_path / "two").image_root == str(tmp_path)


def test_the_same_command_finds_it_finished_and_another_one_is_refused(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ingest", str(pairs), "--out", str(tmp_path / "out"), "--max-failed", "0.6"]
    assert main(command) == 0
    created = Manifest.read(tmp_path / "out").created
    assert main(command) == 0
    assert Manifest.read(tmp_path / "out").created == created
    assert main([*command, "--limit", "1"]) == 2
    assert "limit: None → 1" in capsys.readouterr().err
    assert main([*command, "--limit", "1", "--fresh"]) == 0
    assert Manifest.read(tmp_path / "out-2").rows["in"] == 1


def test_more_failed_rows_than_allowed_are_written_and_end_with_an_error_whose_counts_add_up(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ingest", str(pairs), "--out", str(tmp_path / "out")]
    for _ in range(2):  # the second time it is finished already, and as bad
        assert main(command) == 1
        said = capsys.readouterr().err
        assert "3 rows failed, more than the 1 allowed of 5 (60.0%, --max-failed 1.0%)" in said
        [reasons] = [line for line in said.splitlines() if line.startswith("by reason: ")]
        assert sum(int(part.rpartition(": ")[2]) for part in reasons.split(", ")) == 3
        assert "raise --max-failed to accept" in said
    assert Manifest.read(tmp_path / "out").rows["in"] == 5
    assert main([*command, "--max-failed", "0.6"]) == 0


def test_one_failed_row_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"instruction": "a", "response": "b"}\n{torn\n')
    assert main(["ingest", str(tmp_path / "p.jsonl"), "--out", str(tmp_path / "out")]) == 0
    assert main(["ingest", str(tmp_path / "p.jsonl"), "--out", str(tmp_path / "b"), "--max-failed", "0"]) == 1


def test_what_is_present_and_not_used_is_counted_named_and_kept_in_the_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [
        {"instruction": "a", "response": "b", "url": "x"},
        {"instruction": "c", "response": "d", "note": 1},
    ]
    records.append({"instruction": "e", "response": "f", "url": "y", "note": None})
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, records)))
    assert main(["ingest", str(tmp_path / "p.jsonl"), "--out", str(tmp_path / "out")]) == 0
    assert "present and not used: column url: 2, column note: 1" in capsys.readouterr().out
    assert Manifest.read(tmp_path / "out").config["unused"] == {"column url": 2, "column note": 1}


def test_a_file_of_a_header_alone_is_named_and_nothing_of_the_program_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "h.csv").write_text("id,text,label\n")
    (tmp_path / "t.yaml").write_text('labels: [a, b]\nprompt: "{document}?"\n')
    source = ["table", "--data", str(tmp_path / "h.csv"), "--task", str(tmp_path / "t.yaml")]
    assert main(["ingest", *source, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path / 'h.csv'} has no rows" in said
    assert len(said) < 200 + len(str(tmp_path)) and "Source(" not in said and "Path(" not in said


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
