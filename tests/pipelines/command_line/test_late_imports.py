"""Heavy libraries load when they are used, and the import system never sees their stand-ins afterwards."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from pipelines.command_line.late_imports import late_imports
with late_imports():
    import pyarrow.compute as early
    assert "pyarrow._compute" not in sys.modules
assert "pyarrow.compute" not in sys.modules and "typeguard" not in sys.modules
import pyarrow.compute as real
assert early.equal is real.equal
assert early.equal(1, 1).as_py()
import typeguard
assert typeguard.check_type.__module__.startswith("typeguard")
"""


def test_a_stand_in_becomes_the_module_at_its_first_use():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.stderr == ""


def test_what_is_loaded_already_stays():
    import pyarrow.compute

    from pipelines.command_line.late_imports import late_imports

    with late_imports():
        assert sys.modules["pyarrow.compute"] is pyarrow.compute
    assert sys.modules["pyarrow.compute"] is pyarrow.compute
