"""What MMBT gets for pictures that are there, missing or broken."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from actors.apply import apply
from actors.pictures.mmbt_reader import MmbtPictureReader
from pipelines.schema import base_schema, live_row


def table(*images: list[str]) -> pa.Table:
    rows = [live_row(id=str(i), dataset="d", task="label", images=paths) for i, paths in enumerate(images)]
    return pa.Table.from_pylist(rows, schema=base_schema())


def test_a_picture_that_cannot_be_read_is_counted_and_its_row_goes_on(tmp_path: Path) -> None:
    Image.new("RGB", (300, 240), "red").save(tmp_path / "red.png")
    (tmp_path / "torn.png").write_bytes(b"no picture")
    read = apply(
        MmbtPictureReader(str(tmp_path)), table(["red.png", "none.png"], ["torn.png"], ["none.png"], [])
    )
    assert read["status"].to_pylist() == ["live"] * 4
    assert read["picture_missing"].to_pylist() == [False, True, True, True]
    assert read["picture_problem"].to_pylist() == [None, "unreadable_image", "missing_image", "no_picture"]
    squares = read["picture_square"].to_pylist()
    assert squares[0][:3] == b"\xff\x00\x00" and len(squares[0]) == 224 * 224 * 3
    assert squares[1:] == [None] * 3


def test_rows_without_an_image_folder_have_no_pictures() -> None:
    MmbtPictureReader(None).check()
    read = apply(MmbtPictureReader(None), table(["red.png"]))
    assert read["picture_problem"].to_pylist() == ["no_picture"]


def test_a_folder_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="'nowhere' does not exist; give the folder with --image-root"):
        MmbtPictureReader("nowhere").check()
