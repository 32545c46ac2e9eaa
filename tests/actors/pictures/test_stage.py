"""How pictures are read for the actors of this folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from actors.base import BadRow, Reason
from actors.pictures.stage import PictureStage

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
