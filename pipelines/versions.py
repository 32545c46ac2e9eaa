"""The commit and the library versions that a run used."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "etiquette", "ray", "torch", "transformers", "pyarrow", "peft", "deepspeed", "sentence-transformers",
    "open-flamingo", "salesforce-lavis", "nlpaug", "vllm",
)  # fmt: skip


def package_versions() -> dict[str, str]:
    """Version by package, of those that are installed, and Python's."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git_commit() -> str | None:
    """The commit this code was checked out at, `+changes` behind it when files differ; None without git."""
    try:
        return _git("rev-parse", "HEAD") + ("+changes" if _git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    folder = Path(__file__).resolve().parent
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
