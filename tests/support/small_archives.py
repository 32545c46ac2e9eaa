"""Small zip and tar archives, as fixtures."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

MakeArchive = Callable[[str, Mapping[str, bytes | str]], Path]


@pytest.fixture
def make_wheel(tmp_path: Path) -> MakeArchive:
    """Writes a zip archive of that name with these members."""

    def make(name: str, members: Mapping[str, bytes | str]) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as bundle:
            for member, content in members.items():
                bundle.writestr(member, content)
        return tmp_path / name

    return make


@pytest.fixture
def make_tgz(tmp_path: Path) -> MakeArchive:
    """Writes a gzipped tar archive of that name with these members."""

    def make(name: str, members: Mapping[str, bytes | str]) -> Path:
        with tarfile.open(tmp_path / name, "w:gz") as tape:
            for member, content in members.items():
                data = content.encode() if isinstance(content, str) else content
                entry = tarfile.TarInfo(member)
                entry.size = len(data)
                tape.addfile(entry, io.BytesIO(data))
        return tmp_path / name

    return make
