"""Heavy libraries load when they are used, and nobody but our modules ever sees their stand-ins."""

from __future__ import annotations

import subprocess
import sys

import pytest

OURS = """
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from pyarrow import compute
import numpy as np
"""
# Each case is what follows once modules of ours have been imported with stand-ins; `early` is such a module.
START = f"""
import sys, types
from pipelines.command_line.late_imports import late_imports
early = types.ModuleType("actors.early")
with late_imports():
    exec({OURS!r}, vars(early))
    assert not {{"numpy", "pyarrow", "pyarrow.lib"}} & set(sys.modules)
"""
CASES = {
    "the module at its first use": """
assert early.pc.equal(1, 1).as_py() and early.pa.array([1]).to_numpy().tolist() == [1]
import numpy, pyarrow.compute
assert early.pc.equal is pyarrow.compute.equal and early.pa.Table is pyarrow.Table
assert early.np.zeros is numpy.zeros
assert early.pyarrow.parquet.read_table is pyarrow.parquet.read_table is early.pa.parquet.read_table
""",
    "what any import statement gives afterwards": """
import pyarrow, typeguard
assert type(pyarrow) is types.ModuleType and typeguard.check_type.__module__.startswith("typeguard")
""",
    "nothing that other packages import": """
with late_imports():
    import pandas
assert pandas.DataFrame({"a": [1]}).a.sum() == 1
""",
    "a stand-in for what is used while the flags are read": """
with late_imports():
    exec("kind = pa.string()", vars(early))
    exec("import pyarrow.compute as pc, pyarrow.dataset as ds", vars(early))
    assert "pyarrow.dataset" not in sys.modules
assert early.pc.equal(1, 1).as_py() and early.ds.dataset
""",
}


@pytest.mark.parametrize("code", CASES.values(), ids=CASES)
def test_a_stand_in_is(code):
    done = subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True)
    assert done.stderr == ""


def test_what_is_loaded_already_stays():
    import pyarrow.compute

    from pipelines.command_line.late_imports import late_imports

    with late_imports():
        assert sys.modules["pyarrow.compute"] is pyarrow.compute
    assert sys.modules["pyarrow.compute"] is pyarrow.compute
