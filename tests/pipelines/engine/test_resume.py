"""Killing, poisoning and resuming a run loses nothing: real processes, real signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.manifest import Manifest

SCRIPT = Path(__file__).parents[2] / "support" / "numbers_run.py"
ROOT = Path(__file__).resolve().parents[3]
OLDER = ROOT / "tests" / "fixtures" / "before_the_move" / "run"  # has no format number


def start(out: Path, ray: str = "", **plan: Any) -> subprocess.Popen[str]:
    """A driver of its own, on the Ray at the address `ray` or a private one."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_ADDRESS": ray}
    command = [sys.executable, str(SCRIPT), str(out), json.dumps(plan)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=out.parent
    )


def finish(out: Path, ray: str = "", **plan: Any) -> dict[str, Any]:
    process = start(out, ray, **plan)
    stdout, stderr = process.communicate(timeout=180)
    assert process.returncode == 0, stdout + stderr
    result: dict[str, Any] = json.loads(stdout.splitlines()[-1])
    return result


def refused(out: Path, ray: str = "", **plan: Any) -> str:
    process = start(out, ray, **plan)
    stdout, stderr = process.communicate(timeout=180)
    assert process.returncode == 3, stdout + stderr
    return stdout


def journal(out: Path) -> list[int]:
    file = Path(str(out) + ".journal")
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def written(out: Path) -> list[int]:
    ids: list[int] = []
    for file in (out / "shards").glob("*.parquet"):
        ids += [int(row_id.split("/")[-1]) for row_id in pq.read_table(file)["id"].to_pylist()]
    return ids


def check_complete(out: Path, rows: int) -> None:
    table = Manifest.read(out).table()
    values = [int(row_id.split("/")[-1]) for row_id in table["id"].to_pylist()]
    assert sorted(values) == list(range(rows))
    squares = dict(zip(values, table["square"].to_pylist()))
    assert all(squares[value] == value * value for value in values if squares[value] is not None)


def test_a_killed_driver_resumes_without_loss_and_without_running_finished_rows_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    plan = {"rows": 300, "pause_s": 0.25, "bad_every": 120, "max_failed": 0.05}
    process = start(out, **plan)
    deadline = time.monotonic() + 120
    while len(journal(out)) < 120 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    time.sleep(2)  # Ray's processes notice that their driver is gone
    before, worked = set(written(out)), len(journal(out))
    assert 0 < len(before) < 300
    torn = next((out / "shards").glob("*.parquet"))
    lost = {int(row_id.split("/")[-1]) for row_id in pq.read_table(torn)["id"].to_pylist()}
    torn.write_bytes(torn.read_bytes()[:100])  # a file cut off in the middle is found and done again
    result = finish(out, **{**plan, "pause_s": 0.0})
    again = journal(out)[worked:]
    assert set(again) == set(range(300)) - (before - lost)
    assert len(again) == len(set(again))
    check_complete(out, 300)
    assert result["rows"] == {"in": 300, "kept": 147, "dropped": 150, "failed": 3}
    assert result["reasons"] == {"dropped": {"odd_square": 150}, "failed": {"bad_number": 3}}
    assert [path.name for path in (out / "torn").iterdir()] == [torn.name]
    clock = time.monotonic()
    assert finish(out, **plan)["rows"] == result["rows"]
    assert time.monotonic() - clock < 30
    assert len(journal(out)) == worked + len(again)
    changed = refused(out, **plan, factor=2)
    assert "stages[0].settings.factor: 1 → 2" in changed
    assert "--fresh" in changed


def test_a_killed_actor_costs_nothing(tmp_path: Path, shared_ray: str) -> None:
    out = tmp_path / "run"
    result = finish(out, shared_ray, rows=120, suicide_at=57, workers=2, broken_source_row=5)
    assert Path(str(out) + ".journal.died").exists()
    check_complete(out, 120)
    assert result["rows"] == {"in": 120, "kept": 60, "dropped": 59, "failed": 1}
    assert result["reasons"]["failed"] == {"malformed_record": 1}
    fresh = finish(out, shared_ray, rows=40, fresh=True)
    assert fresh["out"] == str(out) + "-2"
    check_complete(out, 120)


def test_a_run_killed_before_the_rooms_were_built_goes_on_where_it_stopped(
    tmp_path: Path, shared_ray: str
) -> None:
    out = tmp_path / "run"
    shutil.copytree(OLDER, out)
    before = written(out)
    plan = {"rows": 64, "batch": 4, "bad_every": 40, "max_failed": 0.1}
    assert "factor: 1 → 2" in refused(out, shared_ray, **plan, factor=2)
    result = finish(out, shared_ray, **plan)
    assert sorted(before + journal(out)) == list(range(64))
    assert 0 < len(before) < 64
    check_complete(out, 64)
    assert result["rows"] == {"in": 64, "kept": 30, "dropped": 32, "failed": 2}


def test_a_run_that_goes_wrong_as_a_whole_stops_and_can_be_mended(tmp_path: Path, shared_ray: str) -> None:
    out = tmp_path / "run"
    said = refused(out, shared_ray, rows=400, bad_every=2, pause_s=0.05)
    assert "more than the 4 allowed of 400" in said
    assert "bad_number" in said
    assert said.count("is planted") == 3
    assert len(written(out)) < 400
    result = finish(out, shared_ray, rows=400, retry_failed=True)
    assert result["rows"] == {"in": 400, "kept": 200, "dropped": 200, "failed": 0}
    check_complete(out, 400)
