"""Workers in another Python environment than the driver's."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def environment_of(python: str | Path) -> dict[str, str]:
    """The `runtime_env` whose workers run `python`, the interpreter of an environment with the same Ray and
    Python versions as this one.

    Raises:
        ValueError: `python` is no program.
    """
    # Not resolved: a virtual environment's python is a link, and what it is called by makes the difference.
    path = os.path.abspath(Path(python).expanduser())
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        raise ValueError(
            f"{str(python)!r} is no program; expected the python of an environment, such as "
            ".venv-lavis/bin/python (`make lavis-env` creates it)"
        )
    return {"py_executable": shlex.quote(path)}  # Ray puts it into a shell command as it is
