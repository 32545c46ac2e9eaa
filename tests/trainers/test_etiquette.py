"""One command has every verb, and works from a folder whose own modules have the names of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from distorted_run import CONTEXT, polite_rows, write_base, write_run

from trainers.etiquette import main

ROOT = Path(__file__).parents[2]
SCRIPT = "import sys; from trainers.etiquette import main; sys.exit(main())"
HOSTILE = "raise SystemExit('the module of the current folder was imported')"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with packages of the names that ours have, a distorted run and a Flamingo to train."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("pipelines", "actors", "cluster"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(HOSTILE)
    (folder / "trainers.py").write_text(HOSTILE)
    write_run(folder / "distorted", polite_rows(24))
    write_base(folder / "base")
    return folder


def etiquette(folder: Path, *arguments: str) -> str:
    """What the command prints there; as a console script, whose folder is on the import path and not the
    current one."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(autouse=True)
def _environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", "")  # the command sets it for its children


def test_every_verb_is_a_verb_of_the_one_command(capsys):
    assert main(["--help"]) == 0
    words = capsys.readouterr().out
    assert all(f"  {verb} " in words for verb in ("annotate", "label-study", "train"))
    assert main(["train", "--help"]) == 0
    assert "usage: etiquette train VERB" in (words := capsys.readouterr().out)
    assert all(f"  {verb} " in words for verb in ("rewriter", "mmbt", "mmbt-grid", "pocket"))


def test_mistakes_name_the_command_that_was_called(capsys):
    assert main(["anotate"]) == 2
    assert "`etiquette --help`" in capsys.readouterr().err
    assert main(["train", "rewriter", "--presett", "pocket"]) == 2
    assert "did you mean --preset?\n`etiquette train rewriter --help`" in capsys.readouterr().err


def test_rays_workers_import_our_modules(hostile, shared_ray):
    mix = ["--mix.llm-images", "0", "--mix.llm-text", "0", "--mix.random", "6", "--mix.boxes", "2"]
    etiquette(hostile, "distort", "scenes", "--sample", "8", *mix, "--out", "out", "--address", shared_ray)
    assert json.loads((hostile / "out" / "manifest.json").read_text())["rows"]["in"] == 8


def test_two_workers_train_a_rewriter_in_a_relative_folder(hostile):
    """One worker does in tests/test_readme.py."""
    small = ["--context", str(CONTEXT), "--batch-size", "8", "--epochs", "1", "--lora-rank", "4"]
    where = ["distorted", "--base", "base", "--out", "rewriter", "--workers", "2", "--cpus", "1"]
    etiquette(hostile, "train", "rewriter", *where, *small)
    assert json.loads((hostile / "rewriter/training.json").read_text())["workers"] == 2
    assert (hostile / "rewriter/model/flamingo.json").is_file()
