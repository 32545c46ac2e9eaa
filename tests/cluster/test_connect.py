"""A private Ray that this process starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.connect import environment_of

PROGRAM = """
from cluster.capacity import Pool
from cluster.connect import connected

with connected([Pool("one", 1, 1.0, 0.0)]):
    import ray

    ready = ray.remote(lambda: "ready").options(runtime_env={"env_vars": {"SOME": "value"}})
    print(ray.get(ready.remote(), timeout=180))
"""


ATTACHED = f"""
import os, subprocess, sys
from cluster.capacity import Pool
from cluster.connect import connected

with connected([Pool("one", 1, 1.0, 0.0)]) as address:
    subprocess.run([sys.executable, "-c", {PROGRAM!r}], env={{**os.environ, "RAY_ADDRESS": address}})
"""


@pytest.mark.parametrize("program", [PROGRAM, ATTACHED], ids=["private", "attached"])
def test_a_worker_with_variables_of_its_own_starts_under_a_path_with_a_space(tmp_path: Path, program: str):
    environment = tmp_path / "my environment"
    environment.symlink_to(sys.prefix, target_is_directory=True)
    python = environment / "bin" / Path(sys.executable).name
    done = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "ready", done.stderr


def test_a_worker_runs_the_given_python_even_under_a_path_with_a_space(tmp_path: Path):
    import ray

    python = tmp_path / "my environment" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nMARK_OF_THIS_PYTHON=yes exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)

    def mark() -> str | None:
        return os.environ.get("MARK_OF_THIS_PYTHON")

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        plain = ray.remote(mark)
        assert ray.get(plain.options(runtime_env=environment_of(python)).remote(), timeout=180) == "yes"
        assert ray.get(plain.remote(), timeout=180) is None
    finally:
        ray.shutdown()


def test_a_relative_path_is_made_absolute_and_links_stay(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "python").symlink_to(sys.executable)
    assert environment_of("python") == {"py_executable": str(tmp_path / "python")}


def test_what_is_no_program_is_refused_before_any_worker_starts(tmp_path: Path):
    (tmp_path / "text").write_text("")
    for path in (tmp_path / "text", tmp_path / "absent", tmp_path):
        with pytest.raises(ValueError, match="is no program; expected the python of an environment"):
            environment_of(path)
