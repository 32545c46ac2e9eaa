"""Records of JSONL, CSV, TSV, Parquet and JSON files; a broken one is a value, never an exception."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

from actors.base import BadRow
from pipelines.sources.source import Flag
from pipelines.sources.tables.records import MALFORMED_RECORD, is_unicode, read_json_lines

JSON_LINES, SEPARATED, PARQUET = (".jsonl", ".ndjson"), (".csv", ".tsv"), (".parquet",)
SUFFIXES = (*JSON_LINES, *SEPARATED, *PARQUET)
PEEK = 1000  # records that a check on the driver looks at
MAX_CELL = 16 << 20  # a longer one is the rest of a file behind a quotation mark that was never closed

IMAGE_ROOT = Flag("Folder that picture paths start from; by default the table's own.", name="image_root")

Record = tuple[int, dict[str, Any] | BadRow]


def table_columns(path: Path) -> list[str]:
    """Column names of a table; of JSONL the keys of its first thousand objects.

    Raises:
        ValueError: the file is empty, in UTF-16, not what its suffix says, or names a column twice.
    """
    if path.suffix.lower() in PARQUET:
        return list(_open_parquet(path).schema_arrow.names)
    with path.open("rb") as file:
        start = file.read(2)
    if start in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{path} is in UTF-16; save it as UTF-8")
    if path.suffix.lower() in SEPARATED:
        return _csv_header(path)
    records = [record for _, record in islice(read_json_lines(path), PEEK)]
    columns = list(dict.fromkeys(key for record in records if isinstance(record, dict) for key in record))
    if not columns:
        first = next((str(record) for record in records if isinstance(record, BadRow)), "it is empty")
        raise ValueError(f"{path} holds no JSON object per line: {first}")
    return columns


def read_records(path: Path, columns: Sequence[str]) -> Iterator[Record]:
    """Number from 1 and record of every row; numbers are lines for JSONL and rows for the others.

    Of Parquet only `columns` are read. A record that cannot be read is a BadRow(malformed_record).
    """
    if path.suffix.lower() in JSON_LINES:
        return read_json_lines(path)
    if path.suffix.lower() in SEPARATED:
        return _read_csv(path)
    batches = _open_parquet(path).iter_batches(batch_size=PEEK, columns=list(columns))
    return enumerate((record for batch in batches for record in _batch_records(batch)), 1)


def read_dialogue_file(path: Path) -> Iterator[Record]:
    """Number from 1 and record of every entry of a JSON array, or of every line of a JSONL file."""
    return read_json_lines(path) if path.suffix.lower() in JSON_LINES else read_json_array(path)


def read_json_array(path: Path) -> Iterator[Record]:
    """Number from 1 and record of every entry; an entry that is no object is a BadRow.

    Raises:
        ValueError: the file is not UTF-8, not JSON, or holds no array.
    """
    try:
        content: Any = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a JSON file ({error}); expected an array of records") from error
    if not isinstance(content, list):
        raise ValueError(f"{path} holds a {type(content).__name__}, expected an array of records")
    for number, record in enumerate(content, 1):
        if isinstance(record, dict):
            yield number, record
        else:
            kind = type(record).__name__
            yield number, BadRow(MALFORMED_RECORD, f"entry {number} is a {kind}, expected an object")


def _csv_header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header: list[str] = next(_reader(path, file), [])
    names = [name.strip() for name in header]
    if not any(names):
        raise ValueError(f"{path} has no header line; its first line must name the columns")
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise ValueError(f"{path} names the columns {double} twice; rename one")
    return names


def _reader(path: Path, file: Any) -> Any:
    """A reader for the separator that the first line uses most; a TSV has no quotation marks."""
    csv.field_size_limit(MAX_CELL)
    if path.suffix.lower() == ".tsv":
        return csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    first = file.readline()
    file.seek(0)
    return csv.reader(file, delimiter=max(",;\t|", key=first.count))


def _read_csv(path: Path) -> Iterator[Record]:
    header = _csv_header(path)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = _reader(path, file)
        next(reader)
        for number in count(1):
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, BadRow(MALFORMED_RECORD, f"line {reader.line_num}: {error}")
                continue
            if cells:
                yield number, _csv_record(header, cells, reader.line_num)


def _csv_record(header: list[str], cells: list[str], line: int) -> dict[str, Any] | BadRow:
    if len(cells) > len(header):
        return BadRow(MALFORMED_RECORD, f"line {line} has {len(cells)} cells, the header has {len(header)}")
    if not all(is_unicode(cell) for cell in cells):
        return BadRow(MALFORMED_RECORD, f"line {line} is not UTF-8")
    return dict(zip(header, cells, strict=False))


def _open_parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path} is not a whole Parquet file: {error}") from error


def _batch_records(batch: Any) -> list[dict[str, Any] | BadRow]:
    try:
        return batch.to_pylist()
    except UnicodeDecodeError as error:
        if batch.num_rows == 1:
            return [BadRow(MALFORMED_RECORD, f"a text is not UTF-8 (byte {error.start})")]
    return [record for row in range(batch.num_rows) for record in _batch_records(batch.slice(row, 1))]
