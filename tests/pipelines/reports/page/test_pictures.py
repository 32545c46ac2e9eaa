from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pipelines.reports.page.pictures import LONGEST_SIDE, picture


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    Image.new("RGB", (2000, 500), "red").save(folder / "large.png")
    Image.new("RGBA", (64, 64), (255, 0, 0, 60)).save(folder / "see-through.png")
    Image.new("L", (10, 10)).save(tmp_path / "outside.png")
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "broken.png").write_bytes((folder / "large.png").read_bytes()[:200])
    (folder / "note.txt").write_text("no picture")
    return folder


def embedded(html: str) -> Image.Image:
    found = re.search(r'src="data:image/(jpeg|png);base64,([^"]+)"', html)
    assert found
    return Image.open(BytesIO(base64.b64decode(found[2])))


def test_a_large_picture_is_made_small_and_put_into_the_page(root: Path) -> None:
    image = embedded(picture("large.png", str(root)))
    assert (image.format, image.size) == ("JPEG", (LONGEST_SIDE, LONGEST_SIDE // 4))


def test_what_shows_through_stays_so(root: Path) -> None:
    image = embedded(picture("see-through.png", str(root)))
    assert (image.format, image.size, image.getpixel((0, 0))[3]) == ("PNG", (64, 64), 60)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("../outside.png", "outside"),
        ("/etc/passwd", "outside"),
        ("link.png", "outside"),
        ("gone.png", "missing"),
        ("broken.png", "cut short"),
        ("note.txt", "cannot be read"),
        ("https://example.org/a.png", "not on this machine"),
    ],
)
def test_a_picture_that_cannot_be_shown_says_why(root: Path, uri: str, words: str) -> None:
    html = picture(uri, str(root))
    assert "<img" not in html
    assert words in html


def test_a_run_without_a_picture_folder_shows_none(root: Path) -> None:
    assert "names no picture folder" in picture(str(root / "large.png"), None)
