"""The demo runs the parts that are asked for, and says of each run what it was worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from finished_run import write_finished

from pipelines.manifest import Manifest
from pipelines.recipes.demo.data import DemoSet
from pipelines.recipes.demo.verb import MODES, DemoRun, demo, print_results
from pipelines.schema import BASE_SCHEMA, live_row
from pipelines.sources.packaged.sms_spam import SmsSpam

SCHEMA = pa.schema([*BASE_SCHEMA, ("label", pa.string()), ("human_label", pa.string())])


def labelled(folder: Path, labels: list[tuple[str | None, str | None]]) -> Manifest:
    """A finished annotation run with these pairs of the model's label and the human one."""
    folder.mkdir()
    rows = [
        live_row(id=f"toy/{number}", dataset="toy", task="text", label=label, human_label=human)
        for number, (label, human) in enumerate(labels)
    ]
    write_finished(folder, pa.Table.from_pylist(rows, SCHEMA), name="annotate", pictures=folder)
    config = {"task": {"name": "iad_1"}, "mode": "rank"}
    return replace(Manifest.read(folder), config=config, timings={"wall_s": 27.0})


def test_right_is_counted_among_the_rows_with_both_labels(tmp_path, capsys):
    pairs = [("spam", "spam"), ("spam", "not spam"), ("spam", None), (None, "spam")]
    print_results([labelled(tmp_path / "some", pairs), labelled(tmp_path / "none", [("spam", None)])])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(" iad_1")]
    cells = [[cell.strip() for cell in line.split("│")] for line in lines]
    assert cells[0] == ["iad_1", "rank", "4", "100.0%", "0", "50.0% (1 of 2)", "27 s"]
    assert cells[1][-2] == "none to judge"


def test_every_mode_is_asked_with_few_tokens(tmp_path):
    runs = [DemoRun(DemoSet("iad_1", SmsSpam(limit=3)), mode, tmp_path / mode) for mode in MODES]
    for run in runs:
        labelling = run.labelling()
        assert labelling.ask.mode == run.mode and labelling.params.max_new_tokens == 40


def test_without_a_part_nothing_runs(tmp_path, capsys):
    demo(out=tmp_path / "demo", parts=())
    assert capsys.readouterr().out == "" and not (tmp_path / "demo").exists()
