"""Records of CSV and TSV files; a quotation mark out of place costs its own record and no other."""

from __future__ import annotations

import csv
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TextIO

from actors.base import BadRow
from pipelines.sources.tables.record_reader import Layout, Lines, RecordReader, Telltale, in_words
from pipelines.sources.tables.records import MALFORMED_RECORD, Record, is_unicode

logger = logging.getLogger(__name__)

FEW = 0.1  # share of records over several lines below which they are worth a look
PLAINLY = 0.9  # share of such lines in a file that was written without quotation marks
_EDGE_MARK = re.compile(r'(?:^|\t)"')


def separated_columns(path: Path) -> list[str]:
    """The names in the header line.

    Raises:
        ValueError: there is none, or it names a column twice.
    """
    with _open_file(path) as file:
        try:
            header: list[str] = next(layout_of(path).reader(file), [])
        except csv.Error as error:
            raise ValueError(f"the header line of {path} cannot be read: {in_words(error)}") from error
    names = [name.strip() for name in header]
    if not any(names):
        raise ValueError(f"{path} has no header line; its first line must name the columns")
    refuse_doubles(path, names)
    return names


def refuse_doubles(path: Path, names: Sequence[str]) -> None:
    """Raises ValueError where two columns have one name."""
    double = sorted(name for name, number in Counter(names).items() if number > 1)
    if double:
        raise ValueError(f"{path} names the columns {double[:10]} twice; rename one")


def read_separated(path: Path, telltale: Telltale | None = None) -> Iterator[Record]:
    """Number from 1 and cells by column of every record, read as they come; blank lines are none.

    A record that cannot be read, or that has swallowed others, is a BadRow(malformed_record) with its line.
    """
    header, layout = separated_columns(path), layout_of(path)
    with _open_file(path) as file:
        plainly = partial(_cut_plainly, path, layout.separator, len(header))
        reader = RecordReader(layout, Lines(file), header, plainly, telltale)
        reader.skip_header()
        for number, (line, cells) in enumerate(reader.records(), 1):
            yield number, cells if isinstance(cells, BadRow) else _by_column(header, cells, line)
    _warn_of_spanning(path, reader)


def _warn_of_spanning(path: Path, reader: RecordReader) -> None:
    """Says where a few records span lines and the others do not: marks may be missing there."""
    spanning, few = reader.spanning, max(2, FEW * reader.number)
    if 0 < len(spanning) <= few and len(spanning) < reader.number:
        logger.warning(
            "%s: %d of %d records span lines, from line %s; look whether a quotation mark is missing there",
            path,
            len(spanning),
            reader.number,
            ", ".join(map(str, spanning[:5])),
        )


def _by_column(header: list[str], cells: list[str], line: int) -> dict[str, Any] | BadRow:
    if not all(is_unicode(cell) for cell in cells):
        return BadRow(MALFORMED_RECORD, f"line {line} is not UTF-8")
    return dict(zip(header, cells, strict=False))


def layout_of(path: Path) -> Layout:
    """A CSV has the separator that its first line uses most; a TSV has quotation marks if a CSV writer made
    it."""
    if path.suffix.lower() == ".tsv":
        stat = path.stat()
        return Layout("\t", _made_by_csv_writer(path, stat.st_size, stat.st_mtime_ns))
    with _open_file(path) as file:
        return Layout(max(",;\t|", key=file.readline().count), True)


@lru_cache(maxsize=64)
def _made_by_csv_writer(path: Path, size: int, changed_ns: int) -> bool:
    """Whether quotation marks around cells of a TSV belong to the file: cells that needed them have them, and
    none is out of place. `size` and `changed_ns` are the file's, whose contents decide."""
    with _open_file(path) as file:
        if not any(_EDGE_MARK.search(line) for line in file):
            return False
    with _open_file(path) as file:
        header = file.readline().rstrip("\r\n").split("\t")
        if all(len(name) > 1 and name[0] == name[-1] == '"' for name in header):
            return True
    with _open_file(path) as file:
        reader = RecordReader(Layout("\t", True), Lines(file), header, lambda: True)
        needed = damaged = 0
        for _, cells in reader.records():
            damaged += isinstance(cells, BadRow)
            needed += not isinstance(cells, BadRow) and reader.needed_marks(cells)
    return needed > damaged and (not damaged or not _cut_plainly(path, "\t", len(header)))


def _cut_plainly(path: Path, separator: str, width: int) -> bool:
    """Whether nine of ten lines have as many cells as the header, whatever marks they have."""
    with _open_file(path) as file:
        counts = Counter(line.count(separator) == width - 1 for line in file if line.strip())
    return counts[True] >= PLAINLY * counts.total()


def _open_file(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
