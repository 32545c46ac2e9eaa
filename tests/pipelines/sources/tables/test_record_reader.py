"""A quotation mark out of place costs the record it stands in, and no row gets another row's cells."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence

import pytest

from actors.base import BadRow
from pipelines.sources.tables import record_reader
from pipelines.sources.tables.record_reader import Layout, Lines, RecordReader, Telltale

LABELS = ("positive", "negative")
LABEL = Telltale("label", lambda cell: cell.strip().strip('"') in LABELS)


def reader_of(
    text: str,
    header: Sequence[str] = ("id", "text", "label"),
    *,
    telltale: Telltale | None = None,
    plain: bool = False,
) -> RecordReader:
    return RecordReader(
        Layout(",", True), Lines(io.StringIO(text, newline="")), header, lambda: plain, telltale
    )


def read(text: str, header: Sequence[str] = ("id", "text", "label"), **how: object) -> list[object]:
    """Cells of every record with its first line, or the line alone of one that is damaged."""
    reader = reader_of(text, header, **how)  # type: ignore[arg-type]
    return [line if isinstance(cells, BadRow) else (line, *cells) for line, cells in reader.records()]


def test_a_mark_that_opens_a_cell_by_mistake_costs_its_own_line() -> None:
    text = '1,"5 inch,positive\n2,b,negative\n3,the 7" one,negative\n4,"a, ""b""\nc",positive\n'
    assert read(text) == [
        1, (2, "2", "b", "negative"), (3, "3", 'the 7" one', "negative"), (4, "4", 'a, "b"\nc', "positive"),
    ]  # fmt: skip


def test_a_mark_that_is_never_closed_costs_its_own_line() -> None:
    assert read('1,a,x\n2,"b,x\n3,c,x\n4,d,x') == [
        (1, "1", "a", "x"),
        2,
        (3, "3", "c", "x"),
        (4, "4", "d", "x"),
    ]


def test_the_damage_is_told_with_its_line_and_how_a_mark_is_written() -> None:
    [(_, bad), *_] = list(reader_of('1,"a" b,x\n').records())
    assert isinstance(bad, BadRow) and bad.reason == "malformed_record"
    assert bad.detail.startswith("line 1: there is text behind the quotation mark that closes a cell")
    assert 'inside a text write ""' in bad.detail


@pytest.mark.parametrize(("first", "last"), [(1, 2), (1, 4), (2, 3)])
def test_records_between_a_stray_mark_and_another_are_found_by_their_labels(first: int, last: int) -> None:
    texts = {number: f"text {number}" for number in range(1, 6)}
    texts[first] = '"' + texts[first]
    texts[last] += '"'
    lines = [f"{number},{text},{LABELS[number % 2]}\n" for number, text in texts.items()]
    rows = read("".join(lines), telltale=LABEL)
    assert len(rows) == 5 and rows[first - 1] == first
    for row in rows:
        if isinstance(row, tuple):
            assert row[2:] == (
                f"text {row[0]}".rstrip() + ('"' if row[0] == last else ""),
                LABELS[row[0] % 2],
            )


def test_the_label_may_stand_in_front_of_the_text() -> None:
    header = ("label", "text")
    assert read('positive,"a\nnegative,b\npositive,c"\n', header, telltale=LABEL) == [
        1, (2, "negative", "b"), (3, "positive", 'c"'),
    ]  # fmt: skip
    assert read('positive,"a\nb"\nnegative,c\n', header, telltale=LABEL) == [
        (1, "positive", "a\nb"), (3, "negative", "c"),
    ]  # fmt: skip


def test_without_a_label_lines_are_records_where_the_whole_file_is_cut_plainly() -> None:
    text = '1,"a,x\n2,b,y\n3,c",z\n'
    assert read(text, plain=True) == [1, (2, "2", "b", "y"), (3, "3", 'c"', "z")]
    assert read(text, plain=False) == [(1, "1", "a,x\n2,b,y\n3,c", "z")]


def test_the_whole_file_is_looked_at_once_and_only_where_it_matters() -> None:
    looks: list[int] = []
    text = '1,b,x\n1,"a,x\n2,b,y\n3,c",z\n' * 5
    lines = Lines(io.StringIO(text, newline=""))
    reader = RecordReader(Layout(",", True), lines, ("a", "b", "c"), lambda: looks.append(1) is None)
    records = reader.records()
    next(records)
    assert looks == []
    assert sum(isinstance(cells, BadRow) for _, cells in records) == 5 and looks == [1]


def test_a_record_over_lines_with_too_few_cells_is_damaged() -> None:
    assert read('1,"a,x\n2,b"\n3,c,y\n') == [1, 2, (3, "3", "c", "y")]


def test_the_rest_of_a_damaged_record_is_no_row() -> None:
    """The second line has as many cells as the header."""
    assert read('1,"he said "hi"\nbye, all",x\n3,c,y\n') == [1, 2, (3, "3", "c", "y")]


def test_a_record_with_backslashes_ends_where_it_was_meant_to() -> None:
    text = '1,"he said \\"hi\\"\nfoo, bar, baz\nbye",x\n2,b,y\n'
    assert read(text) == [1, (4, "2", "b", "y")]


def test_short_and_long_lines_keep_to_themselves() -> None:
    assert read("1\n2,b,c,d\n3,c,y\n") == [(1, "1"), 2, (3, "3", "c", "y")]
    assert read('"1, b"\n3,c,y\n') == [1, (2, "3", "c", "y")]  # a part of a record, by its marks


def test_lines_over_several_are_remembered() -> None:
    reader = reader_of('1,"a\nb",x\n2,c,y\n')
    assert len(list(reader.records())) == 2
    assert (reader.spanning, reader.number) == ([1], 2)


def test_a_record_longer_than_the_limit_costs_its_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_reader, "MAX_RECORD", 100)
    rows = read('1,"a,x\n' + "2,b,y\n" * 50)
    assert rows[0] == 1 and len(rows) == 51 and rows[-1] == (51, "2", "b", "y")


def test_every_line_is_read_a_bounded_number_of_times() -> None:
    """Texts that would be read to the end of the file again and again."""

    class Counted(Lines):
        given = 0

        def __next__(self) -> str:
            line = super().__next__()
            self.given += 1
            return line

    for line in ('x","y\n', '1,"a,b\n', '1,"",b\n', '1,"a \\"b,c\n', '1,\\"\\",b\n'):
        lines = Counted(io.StringIO('1,"a\n' + line * 2000, newline=""))
        reader = RecordReader(Layout(",", True), lines, ("id", "text", "label"), lambda: True)
        assert len(list(reader.records())) >= 1000
        assert lines.given < 5 * 2001, line


def rows_of(rng: random.Random) -> list[list[str]]:
    """Ten records whose texts have separators, line ends and marks."""
    words = ["the", "screen,", "5 inch", "said", '"hi"', "why\n", "ok.", "\r\n", ""]
    texts = [" ".join(rng.choice(words) for _ in range(rng.randint(1, 9))) or "x" for _ in range(10)]
    return [[str(number), text, rng.choice(LABELS)] for number, text in enumerate(texts)]


@pytest.mark.parametrize("telltale", [LABEL, None])
def test_whatever_a_csv_writer_wrote_comes_back(telltale: Telltale | None) -> None:
    rng = random.Random(7)
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC):
        for _ in range(50):
            rows, buffer = rows_of(rng), io.StringIO()
            csv.writer(buffer, quoting=quoting).writerows(rows)
            assert [list(row[1:]) for row in read(buffer.getvalue(), telltale=telltale)] == rows  # type: ignore[index]


def test_a_mark_put_anywhere_into_plain_lines_joins_no_rows() -> None:
    rng = random.Random(7)
    for _ in range(400):
        truth = {str(n): (f"text {n} of {rng.randint(1, 9)}", rng.choice(LABELS)) for n in range(8)}
        raw = "".join(f"{key},{text},{label}\n" for key, (text, label) in truth.items())
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(raw))
            raw = f'{raw[:place]}"{raw[place:]}'
        rows = read(raw, telltale=LABEL)
        assert len(rows) == 8, raw
        for row in rows:
            if isinstance(row, tuple):
                key, text, label = (cell.replace('"', "") for cell in row[1:])
                assert truth[key] == (text, label), raw
