"""What the actors that read pictures share: the folder, and threads that read each picture once."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from actors.base import Annotator, BadRow

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

    def pictures_by_row(self, table: pa.Table) -> list[list[bytes] | BadRow]:
        """All pictures of every row, or what is wrong with the first bad one."""
        rows = [paths or [] for paths in table["images"].to_pylist()]
        read = self.pictures(path for paths in rows for path in paths)
        return [_all_good([read[path] for path in paths]) for paths in rows]

    def _picture_or_bad(self, uri: str) -> bytes | BadRow:
        try:
            return self.picture(uri)
        except BadRow as bad:
            return bad


def _all_good(pictures: list[bytes | BadRow]) -> list[bytes] | BadRow:
    good = [picture for picture in pictures if not isinstance(picture, BadRow)]
    return next((picture for picture in pictures if isinstance(picture, BadRow)), good)
