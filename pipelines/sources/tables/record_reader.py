"""Records of a CSV, over one line or several. A quotation mark that was not meant as one costs the record it
stands in: reading goes on at the next line, and no row gets another row's cells."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, TextIO

from actors.base import BadRow
from pipelines.sources.tables.records import MALFORMED_RECORD

MAX_CELL = 16 << 20  # characters: a longer one is the rest of a file behind a mark that was never closed
MAX_RECORD = 4 * MAX_CELL
_EDGE_MARK = re.compile(r'(?:^|[,;\t|])"|"(?:[,;\t|]|[\r\n]*$)')
MAX_ESCAPED_LINES = 1000  # lines in which the end of a record with \" is looked for
_CSV_ERRORS = {
    "unexpected end of data": 'a quotation mark opens a cell and none closes it; inside a text write ""',
    "expected after": 'there is text behind the quotation mark that closes a cell; inside a text write ""',
    "field larger": f"a cell has more than {MAX_CELL >> 20} Mi characters; is a quotation mark not closed?",
}


@dataclass(frozen=True)
class Telltale:
    """A column whose values are known, such as the labels: a line inside a quoted cell that has a known value
    in that column's place is a record of its own, which a stray quotation mark has swallowed."""

    column: str
    known: Callable[[str], bool]


@dataclass(frozen=True)
class Layout:
    """The separator of cells, and whether quotation marks around a cell are syntax, as in a CSV, or text."""

    separator: str
    quoted: bool

    def reader(self, lines: Iterable[str]) -> Any:
        """Python's csv reader of such lines, which raises csv.Error for quotation marks out of place."""
        csv.field_size_limit(MAX_CELL)
        if not self.quoted:
            return csv.reader(lines, delimiter=self.separator, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.separator, strict=True)


class Lines:
    """A file's lines one by one, `taken` being those of the record that is read; some can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = iter(file)
        self._again: deque[str] = deque()
        self._size = 0
        self.taken: list[str] = []
        self.number = 0  # of the last line that was given

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        if self._size > MAX_RECORD:
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._file)
        self.number += 1
        self._size += len(line)
        self.taken.append(line)
        return line

    def begin(self) -> int:
        """Forgets the lines of the last record; the number of the next line."""
        self.taken, self._size = [], 0
        return self.number + 1

    def give_back(self, keep: int) -> None:
        """All taken lines but the first `keep` come once more."""
        self._again.extendleft(reversed(self.taken[keep:]))
        self.number -= len(self.taken) - keep
        self.taken, self._size = self.taken[:keep], sum(map(len, self.taken[:keep]))


@dataclass
class RecordReader:
    """Reads records from lines, the header's among them; one that is damaged ends with its first line.

    Every line between the beginning of a damaged record and the place where reading it broke was entered
    inside a quotation, and so would be a record that begins there and goes on to the next line: these lines
    are read one by one, which also keeps the time linear.

    `cut_plainly` is asked where no `telltale` helps: whether the file's lines have as many cells as the
    header, quotation marks aside. `spanning` holds the first lines of records over several.
    """

    layout: Layout
    lines: Lines
    header: Sequence[str]
    cut_plainly: Callable[[], bool]
    telltale: Telltale | None = None
    spanning: list[int] = field(default_factory=list, init=False)
    number: int = field(default=0, init=False)
    _alone_before: int = field(default=0, init=False)  # lines in front of this one are records by themselves
    _doubtful: int | None = field(default=None, init=False)  # damaged record whose rest may follow

    def __post_init__(self) -> None:
        self._reader = self.layout.reader(self.lines)

    def skip_header(self) -> None:
        """Reads the header."""
        next(self._reader)

    def records(self) -> Iterator[tuple[int, list[str] | BadRow]]:
        """First line and cells of every record that is not blank."""
        while True:
            first = self.lines.begin()
            try:
                cells = self._cells(first)
            except StopIteration:
                return
            except csv.Error as error:
                yield first, self._damaged(first, in_words(error))
                continue
            if not cells:
                continue
            self.number += 1
            yield first, self._problem(first, cells) or cells

    def needed_marks(self, cells: list[str]) -> bool:
        """Whether a cell of the record just read could not have been written without marks around it."""
        raw = "".join(self.lines.taken)
        return any(
            self.layout.separator in cell
            or "\n" in cell
            or ('"' in cell and '"' + cell.replace('"', '""') + '"' in raw)
            for cell in cells
        )

    def _cells(self, first: int) -> list[str]:
        if first < self._alone_before:
            return next(self.layout.reader([next(self.lines)]))
        return next(self._reader)

    def _problem(self, first: int, cells: list[str]) -> BadRow | None:
        if len(self.lines.taken) > 1:
            return self._problem_of_spanning(first, cells)
        width = len(self.header)
        if self._doubtful is not None and (len(cells) != width or self._closes_a_cell(self.lines.taken[0])):
            return BadRow(
                MALFORMED_RECORD,
                f"line {first} may be the rest of the damaged record of line {self._doubtful}",
            )
        if '"' not in self.lines.taken[0]:
            self._doubtful = None
        if len(cells) > width:
            return BadRow(MALFORMED_RECORD, f"line {first} has {len(cells)} cells, the header has {width}")
        if len(cells) < width and _EDGE_MARK.search(self.lines.taken[0]):
            return BadRow(
                MALFORMED_RECORD,
                f"line {first} has {len(cells)} cells for {width}, and a quotation mark at a cell's edge",
            )
        return None

    def _problem_of_spanning(self, first: int, cells: list[str]) -> BadRow | None:
        last, width = self.lines.number, len(self.header)
        if len(cells) != width:
            return self._damaged(
                first, f"the record goes on to line {last}, with {len(cells)} cells for {width}"
            )
        if self._has_swallowed(cells, self.lines.taken):
            return self._damaged(
                first, f"the quotation marks of lines {first} and {last} have records between them"
            )
        self.spanning.append(first)
        self._doubtful = None
        return None

    def _has_swallowed(self, cells: list[str], lines: Sequence[str]) -> bool:
        """Whether lines of the record are records of their own: most of them by the telltale column, or else
        all of them by their number of cells, in a file that is cut plainly."""
        width = len(self.header)
        cut = [line.rstrip("\r\n").split(self.layout.separator) for line in lines]
        if self.telltale is None:
            return width > 1 and all(len(parts) == width for parts in cut) and self._is_cut_plainly
        place, known = self.header.index(self.telltale.column), self.telltale.known
        torn = next(number for number, cell in enumerate(cells) if "\n" in cell or "\r" in cell)
        # The record's own value is in its first line if it is in front of the torn cell, else in the last.
        others, place = (cut[1:], place) if place < torn else (cut[:-1], place - width)
        own = [len(parts) >= width and known(parts[place]) for parts in others]
        return 2 * sum(own) > len(own)

    @cached_property
    def _is_cut_plainly(self) -> bool:
        return self.cut_plainly()

    def _damaged(self, first: int, why: str) -> BadRow:
        """The damaged record as a value; what it swallowed is read again."""
        self._alone_before = max(self._alone_before, self.lines.number)
        if not self._skip_escaped():
            self.lines.give_back(1)
            self._doubtful = first
        return BadRow(MALFORMED_RECORD, f"line {first}: {why}")

    def _skip_escaped(self) -> bool:
        r"""Whether the record is whole where \" stands for a mark; then its lines are behind us."""
        if not any('\\"' in line for line in self.lines.taken):
            return False
        self.lines.give_back(0)
        unescaped = (line.replace('\\"', '""') for line in islice(self.lines, MAX_ESCAPED_LINES))
        try:
            return len(next(self.layout.reader(unescaped))) == len(self.header)
        except csv.Error:
            return False

    def _closes_a_cell(self, line: str) -> bool:
        """Whether a mark stands at the end of a cell that none opens."""
        return self._record.fullmatch(line.rstrip("\r\n")) is None

    @cached_property
    def _record(self) -> re.Pattern[str]:
        """Cells that are quoted as a whole, or neither begin nor end with a mark."""
        separator = re.escape(self.layout.separator)
        cell = rf'(?:"(?:[^"]|"")*+"|(?!")[^{separator}]*+(?<!"))'
        return re.compile(rf"{cell}(?:{separator}{cell})*+", re.DOTALL)


def in_words(error: csv.Error) -> str:
    """The error in plain words, and the way to write a quotation mark."""
    return next((words for part, words in _CSV_ERRORS.items() if part in str(error)), str(error))
