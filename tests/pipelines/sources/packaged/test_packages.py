from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipelines.sources.packaged import packages
from pipelines.sources.packaged.packages import PackageArchive, fetch_npm_package, unpacked

MakeArchive = Callable[[str, Mapping[str, bytes | str]], Path]

FAKE_NPM = """#!/bin/sh
for argument; do case "$last" in --pack-destination) into="$argument";; esac; last="$argument"; done
{body}
"""


def everything(member: str) -> str:
    return member


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


@pytest.mark.parametrize("kind", ["make_wheel", "make_tgz"])
def test_only_wanted_members_are_unpacked_under_their_new_names(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = request.getfixturevalue(kind)("thing", {"a/one.txt": "1", "a/two.txt": "2"})
    folder = unpacked(
        archive, "thing", keep=lambda name: "x/1" if "one" in name else None, cache=tmp_path / "cache"
    )
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == ["x/1"]
    assert (folder / "x/1").read_text() == "1"


def test_a_second_call_leaves_the_unpacked_files_alone(make_wheel: MakeArchive, tmp_path: Path) -> None:
    archive = make_wheel("thing", {"one.txt": "1"})
    first = unpacked(archive, "thing", keep=everything, cache=tmp_path / "cache")
    before = (first / "one.txt").stat()
    assert unpacked(archive, "thing", keep=everything, cache=tmp_path / "cache") == first
    assert (first / "one.txt").stat().st_ino == before.st_ino


def test_files_have_the_same_time_in_every_cache(make_wheel: MakeArchive, tmp_path: Path) -> None:
    archive = make_wheel("thing", {"one.txt": "1"})
    folders = [unpacked(archive, "thing", keep=everything, cache=tmp_path / name) for name in ("a", "b")]
    assert len({(folder / "one.txt").stat().st_mtime_ns for folder in folders}) == 1


@pytest.mark.parametrize("kind", ["make_wheel", "make_tgz"])
@pytest.mark.parametrize("member", ["../out.txt", "/out.txt", "a/../../out.txt", "a\\..\\out.txt"])
def test_a_member_that_leaves_the_folder_is_refused(
    kind: str, member: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = request.getfixturevalue(kind)("thing", {"fine.txt": "1", member: "2"})
    cache = tmp_path / "deep" / "cache"
    with pytest.raises(ValueError, match="leaves its folder"):
        unpacked(archive, "thing", keep=everything, cache=cache)
    assert not list(tmp_path.rglob("out.txt"))
    assert list((cache / "data").iterdir()) == []


def test_links_in_an_archive_are_not_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "thing.tgz", "w:gz") as tape:
        link = tarfile.TarInfo("passwords.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tape.addfile(link)
        plain = tarfile.TarInfo("fine.txt")
        plain.size = 1
        tape.addfile(plain, io.BytesIO(b"1"))
    folder = unpacked(tmp_path / "thing.tgz", "thing", keep=everything, cache=tmp_path / "cache")
    assert [path.name for path in folder.iterdir()] == ["fine.txt"]


def test_a_member_that_unpacks_too_large_is_refused(make_wheel: MakeArchive, tmp_path: Path) -> None:
    archive = make_wheel("bomb", {"zeros": bytes(packages.MAX_MEMBER_BYTES + 1)})
    with pytest.raises(ValueError, match="too large to unpack"):
        unpacked(archive, "bomb", keep=everything, cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "data").iterdir()) == []


def test_an_archive_cut_short_leaves_nothing_behind(make_tgz: MakeArchive, tmp_path: Path) -> None:
    archive = make_tgz("thing.tgz", {"one.bin": os.urandom(50_000)})
    archive.write_bytes(archive.read_bytes()[:20_000])
    with pytest.raises(ValueError, match="no whole zip or tar archive"):
        unpacked(archive, "thing", keep=everything, cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "data").iterdir()) == []


def test_the_wrong_archive_is_named(make_wheel: MakeArchive, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"other\.whl holds no file of this data set"):
        unpacked(make_wheel("other.whl", {"a": "1"}), "thing", keep=lambda _: None, cache=tmp_path / "cache")


def test_without_npm_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"npm is not installed and thing@1\.0 comes from its registry"):
        PackageArchive("thing", "1.0", "npm", "0" * 64).fetch(tmp_path / "cache")


def test_what_npm_complained_about_is_in_the_error(npm_that: Callable[[str], None], tmp_path: Path) -> None:
    npm_that("echo 'npm error code ETARGET' >&2; exit 1")
    with pytest.raises(ValueError, match=r"cannot fetch thing@1\.0: npm error code ETARGET"):
        fetch_npm_package("thing", "1.0", sha256="0" * 64, cache=tmp_path / "cache")


def test_an_npm_archive_with_another_hash_is_not_kept(
    npm_that: Callable[[str], None], tmp_path: Path
) -> None:
    npm_that("printf evil > $into/thing-1.0.tgz")
    with pytest.raises(ValueError, match="expected 0000000000"):
        fetch_npm_package("thing", "1.0", sha256="0" * 64, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_npm_archive_is_fetched_once(npm_that: Callable[[str], None], tmp_path: Path) -> None:
    npm_that("printf good > $into/thing-1.0.tgz")
    sha256 = hashlib.sha256(b"good").hexdigest()
    first = fetch_npm_package("thing", "1.0", sha256=sha256, cache=tmp_path / "cache")
    npm_that("exit 1")
    assert fetch_npm_package("thing", "1.0", sha256=sha256, cache=tmp_path / "cache") == first
    assert first.read_bytes() == b"good"
