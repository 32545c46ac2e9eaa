"""Reading pictures on CPU workers, so that no GPU worker waits for a disk or a decoder."""

from __future__ import annotations

import io
import stat
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from actors.base import Annotator, BadRow, Reason
from actors.models.weights.open_picture import IMAGE_TOO_LARGE, MAX_BYTES, MAX_PIXELS, UNREADABLE_IMAGE

MISSING_IMAGE = Reason("missing_image", "the picture file is missing")
TRUNCATED_IMAGE = Reason("truncated_image", "the picture file is cut short")
IMAGE_OUTSIDE_ROOT = Reason("image_outside_root", "the picture lies outside the data set's folder")
REMOTE_IMAGE = Reason("remote_image", "the picture is not on this machine")
THREADS = 8


@dataclass
class PictureStage(Annotator):
    """Reads the pictures that rows name by paths, which must stay under the folder `root`."""

    root: str | None

    reads = ("images",)

    def check(self) -> None:
        if self.root is not None and not Path(self.root).is_dir():
            raise ValueError(
                f"the image folder {self.root!r} does not exist; give the folder with --image-root"
            )

    def picture(self, uri: str) -> bytes:
        """What is handed on of one picture.

        Raises:
            BadRow: it cannot be read.
        """
        raise NotImplementedError

    def pictures(self, uris: Iterable[str]) -> dict[str, bytes | BadRow]:
        """By path what is handed on, or why there is nothing; each distinct picture is read once."""
        distinct = list(dict.fromkeys(uris))
        with ThreadPoolExecutor(THREADS) as pool:
            return dict(zip(distinct, pool.map(self._picture_or_bad, distinct), strict=True))

    def pictures_by_row(self, table: pa.Table) -> list[list[Any] | BadRow]:
        """All pictures of every row, or what is wrong with the first bad one."""
        rows = [paths or [] for paths in table["images"].to_pylist()]
        read = self.pictures(path for paths in rows for path in paths)
        pictures = [[read[path] for path in paths] for paths in rows]
        return [next((picture for picture in row if isinstance(picture, BadRow)), row) for row in pictures]

    def _picture_or_bad(self, uri: str) -> bytes | BadRow:
        try:
            return self.picture(uri)
        except BadRow as bad:
            return bad


@dataclass
class ImageReader(PictureStage):
    """The bytes of every picture a row names, checked by decoding it.

    `root` is the folder all paths must stay under. With `size` the picture is resized to size x size
    pixels (bicubic, no crop: the transform of InstructBLIP) and handed on uncompressed, so that the
    GPU worker need not decode; without it the file's own bytes are handed on. A row without pictures
    passes, unless `required`.
    """

    transient: ClassVar[tuple[str, ...]] = ("image_bytes",)

    root: str
    size: int | None = None
    required: bool = False

    writes = {"image_bytes": "list<item: binary>"}

    def picture(self, uri: str) -> bytes:
        return read_image(Path(self.root), uri, self.size)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        pictures = self.pictures_by_row(table)
        if self.required:
            none = BadRow(MISSING_IMAGE, "the row names no picture and the task needs one")
            pictures = [none if row == [] else row for row in pictures]
        return {"image_bytes": pictures}


def read_image(root: Path, uri: str, size: int | None = None) -> bytes:
    """The picture's bytes, resized to size x size and uncompressed when `size` is given.

    Raises:
        BadRow: remote_image, image_outside_root, missing_image, image_too_large, unreadable_image or
            truncated_image.
    """
    return decode_image(read_file(root, uri), uri, size)


def read_file(root: Path, uri: str) -> bytes:
    """The bytes of the file that `uri` names inside `root`, whatever they are.

    Raises:
        BadRow: remote_image, image_outside_root, missing_image, image_too_large or unreadable_image.
    """
    file = safe_path(root, uri)
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever, a device never end
            raise BadRow(UNREADABLE_IMAGE, f"{uri!r} is a {_kind(status.st_mode)} and no plain file")
        length = status.st_size
        content = file.read_bytes() if length <= MAX_BYTES else b""
    except FileNotFoundError:
        raise BadRow(MISSING_IMAGE, f"no file {uri!r} under the image folder") from None
    except OSError as error:
        raise BadRow(UNREADABLE_IMAGE, f"{uri!r}: {error.strerror}") from error
    if length > MAX_BYTES:
        raise BadRow(IMAGE_TOO_LARGE, f"{uri!r} has {length} bytes, the limit is {MAX_BYTES}")
    return content


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


def safe_path(root: Path, uri: str) -> Path:
    """The file that `uri` names inside `root`, links followed.

    Raises:
        BadRow: the path leaves the folder, is a remote address, or its links lead round in a circle.
    """
    if "://" in uri:
        raise BadRow(REMOTE_IMAGE, f"{uri!r} is a remote address; only files under the image folder are read")
    try:
        file = (root / uri).resolve()
    except RuntimeError:  # what pathlib raises for a circle of links
        raise BadRow(UNREADABLE_IMAGE, f"{uri!r} is a link that leads back to itself") from None
    except (OSError, ValueError) as error:
        raise BadRow(IMAGE_OUTSIDE_ROOT, f"{uri!r} is no path: {error}") from error
    if not file.is_relative_to(root.resolve()):
        raise BadRow(IMAGE_OUTSIDE_ROOT, f"{uri!r} leads out of the image folder")
    return file


def decode_image(content: bytes, uri: str, size: int | None = None) -> bytes:
    """`content` if it decodes, or the decoded picture as an uncompressed size x size one (PPM)."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # size is judged below
            picture = Image.open(io.BytesIO(content))
            if picture.width * picture.height > MAX_PIXELS:
                raise BadRow(IMAGE_TOO_LARGE, f"{uri!r} has {picture.width} x {picture.height} pixels")
            picture.load()
            if size is None:
                return content
            return uncompressed(picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
    except UnidentifiedImageError:
        raise BadRow(UNREADABLE_IMAGE, f"{uri!r} is no picture ({len(content)} bytes)") from None
    except Image.DecompressionBombError as error:
        raise BadRow(IMAGE_TOO_LARGE, f"{uri!r}: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, BadRow):
            raise
        reason = TRUNCATED_IMAGE if "truncated" in str(error) else UNREADABLE_IMAGE
        raise BadRow(reason, f"{uri!r}: {error}") from error


def uncompressed(picture: Any) -> bytes:
    """The PPM file of a Pillow picture."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PPM")
    return buffer.getvalue()
