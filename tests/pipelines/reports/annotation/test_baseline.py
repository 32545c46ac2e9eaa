from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.prompts.task import Task
from pipelines.reports.annotation.baseline import read_predictions, relative_scores
from pipelines.reports.annotation.labelled_run import LabelRun

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}", relative=True)
ROWS = [
    {"id": "1", "human_label": "bad", "label": "bad"},
    {"id": "2", "human_label": "good", "label": "bad"},
    {"id": "3", "human_label": "good", "label": None},
    {"id": "4", "human_label": "bad", "label": "bad"},
    {"id": "5", "human_label": "bad", "label": "bad"},
]


def run_with(make_run: Any, baseline: Path | str | None) -> LabelRun:
    return LabelRun.read(make_run("run", ROWS, task=TASK, baseline=baseline and str(baseline)))


def test_a_run_is_measured_on_the_rows_the_baseline_has(make_run: Any, tmp_path: Path) -> None:
    file = tmp_path / "predictions.jsonl"
    file.write_text(
        "".join(
            f'{{"id": "{n}", "label": "{label}"}}\n'
            for n, label in enumerate(["good", "bad", "good", "good", "good"])
        )
    )  # rows 0 to 4; row 5 has no prediction
    relative = relative_scores(run_with(make_run, file))
    assert relative is not None
    assert relative.accuracy.value == pytest.approx(3 / 4)  # right on 1, 2 and 3
    assert relative.on_all.value == pytest.approx((2 / 4) / (3 / 4))
    assert relative.on_answered.value == pytest.approx(2 / 2)  # rows 1, 2 and 4


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_every_kind_of_file_gives_the_same_predictions(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"p{suffix}"
    if suffix == ".csv":
        file.write_text("id,label,extra\n7,good,1\n")
    elif suffix == ".jsonl":
        file.write_text('{"id": "7", "label": "good", "extra": 1}\n')
    else:
        pq.write_table(pa.table({"id": ["7"], "label": ["good"], "extra": [1]}), file)
    assert read_predictions(file).to_pylist() == [{"id": "7", "label": "good"}]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("p.txt", "id,label", "expected one of"),
        ("p.csv", "id,guess\n1,good\n", "expected id and label"),
        ("p.jsonl", "{broken", "cannot be read"),
        ("p.csv", "id,label\n99,good\n", "shares no scored row"),
    ],
)
def test_a_useless_baseline_is_a_note_and_no_crash(
    make_run: Any, tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content)
    relative = relative_scores(run_with(make_run, tmp_path / name))
    assert relative is not None
    assert relative.accuracy is None
    assert words in relative.note


def test_a_file_with_a_damaged_record_is_refused_with_its_line(
    tmp_path: Path,
) -> None:
    for content in ('id,label\n1,"good\n2,bad\n3,bad\n', 'id,label\n1,"good\n2,bad"\n3,bad\n4,good\n'):
        (tmp_path / "p.csv").write_text(content)
        with pytest.raises(ValueError, match="p.csv cannot be read: line 2: "):
            read_predictions(tmp_path / "p.csv")
    (tmp_path / "p.jsonl").write_text('{"id": "1", "label": "good", "label": "bad"}\n')
    with pytest.raises(ValueError, match="names the key 'label' twice"):
        read_predictions(tmp_path / "p.jsonl")


def test_keys_that_pandas_made_floats_are_whole_numbers(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [7.0, 8.5], "label": ["good", None]}), tmp_path / "p.parquet")
    assert read_predictions(tmp_path / "p.parquet").to_pylist() == [
        {"id": "7", "label": "good"}, {"id": "8.5", "label": None},
    ]  # fmt: skip


def test_a_baseline_that_is_gone_says_so(make_run: Any) -> None:
    relative = relative_scores(run_with(make_run, "nowhere.csv"))
    assert relative is not None
    assert "nowhere.csv is gone" in relative.note


def test_no_baseline_is_no_comparison(make_run: Any) -> None:
    assert relative_scores(run_with(make_run, None)) is None
