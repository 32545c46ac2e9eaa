"""Bad pictures cost their own row and say what is wrong."""

from __future__ import annotations

import io
import os
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from actors.apply import apply
from actors.base import BadRow, Reason
from actors.pictures.image_reader import ImageReader, PictureStage, read_file
from pipelines.schema import base_schema, live_row


def table(*images: list[str]) -> pa.Table:
    made = [
        live_row(id=f"set/x/{i}", dataset="set", task="label", images=paths) for i, paths in enumerate(images)
    ]
    return pa.Table.from_pylist(made, schema=base_schema())


def save(path: Path, size: tuple[int, int] = (40, 30)) -> bytes:
    Image.linear_gradient("L").resize(size).convert("RGB").save(path)
    return path.read_bytes()


def test_every_bad_picture_has_its_own_reason_and_harms_no_neighbour(tmp_path: Path) -> None:
    root = tmp_path / "images"
    root.mkdir()
    good = save(root / "good.png")
    (root / "cut.png").write_bytes(good[: len(good) // 2])
    (root / "empty.png").write_bytes(b"")
    (root / "page.png").write_bytes(b"<html>not found</html>")
    save(tmp_path / "secret.png")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    asked = ["good.png", "none.png", "cut.png", "empty.png", "page.png", "../secret.png", "link.png"]
    asked += [str(tmp_path / "secret.png"), "http://example.org/a.png", "bad\0name.png"]
    read = apply(ImageReader(str(root)), table(*[[uri] for uri in asked], [], ["good.png", "good.png"]))
    assert read["reason"].to_pylist() == [
        None,
        "missing_image",
        "truncated_image",
        "unreadable_image",
        "unreadable_image",
        "image_outside_root",
        "image_outside_root",
        "image_outside_root",
        "remote_image",
        "image_outside_root",
        None,
        None,
    ]
    cells = read["image_bytes"].to_pylist()
    assert cells[0] == [good]
    assert cells[10] == []
    assert cells[11] == [good, good]


def test_links_in_a_circle_pipes_folders_and_sockets_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "there.png").symlink_to("back.png")
    (tmp_path / "back.png").symlink_to("there.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "in_loop").symlink_to("in_loop")
    os.mkfifo(tmp_path / "pipe.png")  # reading it would wait for ever
    (tmp_path / "to_pipe.png").symlink_to("pipe.png")
    names = ["loop.png", "there.png", "folder.png", "in_loop/a.png", "pipe.png", "to_pipe.png"]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.png"))
        read = apply(ImageReader(str(tmp_path)), table(*[[name] for name in [*names, "socket.png"]]))
    assert set(read["reason"].to_pylist()) == {"unreadable_image"}
    assert "a link that leads back to itself" in read["detail"][0].as_py()
    assert read["detail"][4].as_py() == "'pipe.png' is a pipe and no plain file"


def test_a_device_is_no_picture() -> None:
    with pytest.raises(BadRow, match="'zero' is a device and no plain file"):
        read_file(Path("/dev"), "zero")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    assert apply(ImageReader(str(tmp_path)), table(["bomb.png"]))["reason"].to_pylist() == ["image_too_large"]


def test_a_required_picture_that_no_row_names_is_missing(tmp_path: Path) -> None:
    read = apply(ImageReader(str(tmp_path), required=True), table([]))
    assert read["reason"].to_pylist() == ["missing_image"]


def test_size_hands_on_an_uncompressed_square(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    cell = apply(ImageReader(str(tmp_path), size=24), table(["a.png"]))["image_bytes"].to_pylist()[0][0]
    picture = Image.open(io.BytesIO(cell))
    assert (picture.format, picture.size) == ("PPM", (24, 24))
    direct = Image.open(tmp_path / "a.png").convert("RGB").resize((24, 24), Image.Resampling.BICUBIC)
    assert picture.tobytes() == direct.tobytes()


def test_a_missing_root_is_refused_on_the_driver(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        ImageReader(str(tmp_path / "nowhere")).check()


GONE = Reason("gone", "it is gone")


@dataclass
class Names(PictureStage):
    """Hands on a picture's name in capitals; those that begin with x are bad."""

    root: str | None = None
    read: Counter[str] = field(default_factory=Counter)

    def picture(self, uri: str) -> bytes:
        self.read[uri] += 1
        if uri.startswith("x"):
            raise BadRow(GONE, uri)
        return uri.upper().encode()


TABLE = pa.table({"images": [["a", "b"], ["b", "x1", "x2"], None, ["a"]]})


def test_every_distinct_picture_of_a_table_is_read_once() -> None:
    stage = Names()
    stage.pictures_by_row(TABLE)
    assert stage.read == {"a": 1, "b": 1, "x1": 1, "x2": 1}


def test_a_row_has_all_its_pictures_in_order_or_what_is_wrong_with_the_first_bad_one() -> None:
    first, second, third, last = Names().pictures_by_row(TABLE)
    assert (first, third, last) == ([b"A", b"B"], [], [b"A"])
    assert isinstance(second, BadRow) and str(second) == "gone: x1"
