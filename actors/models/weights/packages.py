"""Archives of package registries, fetched once with pip or npm and checked against a pinned SHA-256."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

logger = logging.getLogger(__name__)

CACHE_ROOT = Path("~/.cache/etiquette").expanduser()
PIP_FLAGS = ("--no-deps", "--disable-pip-version-check", "--quiet", "--retries", "2", "--timeout", "15")
NPM_FLAGS = ("--ignore-scripts", "--loglevel=error", "--fetch-retries=2", "--fetch-timeout=120000")
NPM_TIMEOUT_S = 600


@dataclass(frozen=True)
class PackageArchive:
    """One pinned archive of a package registry."""

    name: str
    version: str
    kind: Literal["wheel", "sdist", "npm"]
    sha256: str

    def fetch(self, cache: Path | None = None) -> Path:
        """Path of the verified archive in `packages` of `cache` (default `~/.cache/etiquette`).

        The archive is looked up by its hash, so a second call never touches the network and two
        processes that fetch at once end with the same file. Nothing is installed.

        Raises:
            ValueError: the registry or its client is not there, it has no such archive, or the hash differs.
        """
        folder = (cache or CACHE_ROOT) / "packages" / self.sha256
        for archive in sorted(folder.glob("*")):
            if file_sha256(archive) == self.sha256:
                return archive
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{self.name}-") as temporary:
            download = _npm_pack if self.kind == "npm" else _pip_download
            archive = download(self, Path(temporary))
            if (sha256 := file_sha256(archive)) != self.sha256:
                raise ValueError(f"{archive.name} has SHA-256 {sha256}, expected {self.sha256}; not used")
            folder.mkdir(exist_ok=True)
            os.replace(archive, folder / archive.name)
            return folder / archive.name


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fill_once(target: Path, fill: Callable[[Path], None]) -> Path:
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


def _pip_download(package: PackageArchive, into: Path) -> Path:
    name, version, kind = package.name, package.version, package.kind
    logger.info("fetching %s==%s", name, version)
    # pip checks the hash before it opens the archive: a source archive runs its build script.
    requirement = into / "wanted.txt"
    requirement.write_text(f"{name}=={version} --hash=sha256:{package.sha256}\n")
    target = into / "archive"
    binary = "--only-binary=:all:" if kind == "wheel" else f"--no-binary={name}"
    command = [sys.executable, "-m", "pip", "download", *PIP_FLAGS, "--require-hashes", binary]
    done = subprocess.run(
        [*command, "--dest", str(target), "--requirement", str(requirement)],
        check=False,
        capture_output=True,
        text=True,
    )
    archives = sorted(target.glob("*"))
    if done.returncode != 0 or not archives:
        lines = done.stderr.splitlines()
        errors = [line for line in lines if line.strip().startswith("ERROR")] or lines or ["pip said nothing"]
        last = errors[-1].removeprefix("ERROR:").strip()
        raise ValueError(
            f"cannot fetch the {kind} of {name}=={version}: {last}; check the network "
            f"and pip's index, or run the same command once on a connected machine and copy {into.parent}"
        )
    return archives[0]


def _npm_pack(package: PackageArchive, into: Path) -> Path:
    """Downloads without running any script of the package."""
    npm, name = shutil.which("npm"), f"{package.name}@{package.version}"
    if npm is None:
        raise ValueError(f"npm is not installed and {name} comes from its registry; install Node.js")
    logger.info("fetching %s with npm", name)
    command = [npm, "pack", name, *NPM_FLAGS, "--pack-destination", str(into)]
    try:
        done = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=NPM_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"npm pack {name} took over {NPM_TIMEOUT_S} s; check the network") from error
    archives = sorted(into.glob("*.tgz"))
    if done.returncode != 0 or not archives:
        complaint = " ".join((done.stderr or done.stdout or "npm said nothing").split())
        raise ValueError(f"npm cannot fetch {name}: {complaint[:300]}; check the network and npm's registry")
    return archives[0]
