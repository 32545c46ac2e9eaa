"""A private Ray that this process starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from cluster.capacity import Pool
from cluster.connect import connected

with connected([Pool("one", 1, 1.0, 0.0)]):
    import ray

    ready = ray.remote(lambda: "ready").options(runtime_env={"env_vars": {"SOME": "value"}})
    print(ray.get(ready.remote(), timeout=45))
"""


def test_a_worker_with_variables_of_its_own_starts_under_a_path_with_a_space(tmp_path: Path):
    environment = tmp_path / "my environment"
    environment.symlink_to(sys.prefix, target_is_directory=True)
    python = environment / "bin" / Path(sys.executable).name
    done = subprocess.run([str(python), "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "ready", done.stderr
