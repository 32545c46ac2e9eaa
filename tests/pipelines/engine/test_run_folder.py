"""What binds a folder to the settings it was started with, and what a start leaves in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine.run_folder import (
    OR_FRESH,
    RunFolder,
    fresh_folder,
    plain,
)


@dataclass(frozen=True)
class Fields:
    text: str = "body"


def older(out: Path, identity: dict[str, Any]) -> RunFolder:
    """A folder as it was written before folders had a format number."""
    out.mkdir()
    (out / "run.json").write_text(json.dumps({"identity": identity, "sessions": []}))
    return RunFolder(out)


def test_a_folder_that_another_process_holds_is_refused(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run").locked():
        with pytest.raises(ValueError, match="another run is writing to .*run; wait for it"):
            with RunFolder(tmp_path / "run").locked():
                pass
    with RunFolder(tmp_path / "run").locked():
        assert RunFolder(tmp_path / "run").read() is None


def test_a_folder_with_other_files_is_no_runs(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ValueError, match=r"holds \['thesis.tex'\] and no run"):
        RunFolder(tmp_path).check({})


def test_changed_settings_are_named_one_a_line_and_the_way_on_last(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.begin({"seed": 1, "stages": [{"factor": 1}, {"factor": 2}]})
    with pytest.raises(ValueError) as refused:
        folder.check({"seed": 2, "stages": [{"factor": 1}, {"factor": 3}]}, way_on=OR_FRESH)
    assert str(refused.value).splitlines()[1:] == [
        "  seed: 1 → 2",
        "  stages[1].factor: 2 → 3",
        "give another --out, or add --fresh to begin again in a new folder beside it",
    ]


def test_a_folder_without_rows_may_be_started_with_other_settings(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.begin({"seed": 1})
    folder.check({"seed": 2}, bound=False)
    folder.begin({"seed": 2})
    folder.check({"seed": 2})
    assert len({start["name"] for start in folder.sessions()}) == 2


def test_what_json_cannot_hold_is_compared_as_it_is_read_back(tmp_path: Path) -> None:
    identity = {"fields": Fields(), "data": Path("a.csv"), "workers": (1, 2)}
    folder = RunFolder(tmp_path)
    folder.begin(identity)
    folder.check(identity)
    assert plain(identity) == {"fields": {"text": "body"}, "data": "a.csv", "workers": [1, 2]}


def test_the_last_start_says_when_it_ended_and_what_it_did(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.begin({})
    folder.begin({})
    first, last = folder.finish(stages=[])
    assert "finished" not in first
    assert last["finished"] >= last["started"]
    assert folder.sessions() == [first, last]
    assert last["stages"] == []


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"format": 99, "identity": {}, "sessions": []}))
    for touch in (lambda folder: folder.check({}), lambda folder: folder.begin({})):
        with pytest.raises(ValueError, match=r"newer version \(format 99, this one knows 1\)"):
            touch(RunFolder(tmp_path))


def test_an_older_folder_resumes_when_its_relative_path_names_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = str(tmp_path / "data/a.csv")
    folder = older(tmp_path / "run", {"source": {"data": "data/a.csv"}, "files": {"data/a.csv": [3, 1.5]}})
    folder.check({"source": {"data": data}, "files": {data: [3, 1.5]}})
    with pytest.raises(ValueError, match=r"files\..*a.csv: \[3, 1.5\] → \[4, 1.5\]|files\..*\[0\]: 3 → 4"):
        folder.check({"source": {"data": data}, "files": {data: [4, 1.5]}})
    with pytest.raises(ValueError, match="source.data: 'data/a.csv' → .*b.csv"):
        folder.check({"source": {"data": str(tmp_path / "data/b.csv")}, "files": {data: [3, 1.5]}})
    monkeypatch.chdir("/")
    with pytest.raises(ValueError, match="source.data"):
        folder.check({"source": {"data": data}, "files": {data: [3, 1.5]}})


def test_the_same_file_by_a_relative_and_an_absolute_path_is_the_same_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = {"data": "a.csv", "files": {"a.csv": [3, 1.5]}}
    absolute = {"data": str(tmp_path / "a.csv"), "files": {str(tmp_path / "a.csv"): [3, 1.5]}}
    folder = RunFolder(tmp_path / "run")
    folder.out.mkdir()
    for then, now in ((relative, absolute), (absolute, relative)):
        folder.begin(then)
        folder.check(now)
        with pytest.raises(ValueError, match="data: .*a.csv' → 'b.csv'"):
            folder.check({**now, "data": "b.csv"})


def test_an_older_folder_is_one_of_this_version_once_it_was_started_again(tmp_path: Path) -> None:
    folder = older(tmp_path / "run", {"seed": 1})
    folder.check({"seed": 1})
    folder.begin({"seed": 1})
    assert json.loads(folder.state.read_text())["format"] == 1


def test_a_fresh_folder_is_the_first_beside_the_given_one_that_is_new(tmp_path: Path) -> None:
    assert fresh_folder(tmp_path / "run") == tmp_path / "run"
    (tmp_path / "run").mkdir()
    (tmp_path / "run-2").mkdir()
    assert fresh_folder(tmp_path / "run") == tmp_path / "run-3"
