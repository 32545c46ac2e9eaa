"""Records of a Parquet file, row group by row group: what cannot be read of one costs its own rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from actors.base import BadRow
from pipelines.schema import WRONG_TYPE
from pipelines.sources.tables.records import MALFORMED_RECORD, Record
from pipelines.sources.tables.separated import refuse_doubles

BATCH = 1000  # rows that are decoded at a time


def parquet_columns(path: Path) -> list[str]:
    """The names of the columns.

    Raises:
        ValueError: the file is not whole, or two columns have one name.
    """
    names = list(_open_file(path).schema_arrow.names)
    refuse_doubles(path, names)
    return names


def read_parquet(path: Path, columns: Sequence[str]) -> Iterator[Record]:
    """Number from 1 and the named columns of every row.

    A row is a BadRow(malformed_record) where its text or its part of the file is damaged, and a
    BadRow(wrong_type) where Python has no such value, such as a date in the year 20000.
    """
    file, number = _open_file(path), 0
    for group in range(file.num_row_groups):
        end = number + file.metadata.row_group(group).num_rows
        for record in _group_records(file, group, columns, first=number + 1, last=end):
            number += 1
            yield number, record


def _group_records(
    file: Any, group: int, columns: Sequence[str], *, first: int, last: int
) -> Iterator[dict[str, Any] | BadRow]:
    """The records `first` to `last` of a row group; from where it cannot be read on, each is a BadRow."""
    import pyarrow as pa

    number, problem = first, "it ends too early"
    try:
        for batch in file.iter_batches(batch_size=BATCH, row_groups=[group], columns=list(columns)):
            for record in _batch_records(batch):
                yield record
                number += 1
    except (pa.ArrowException, OSError) as error:
        problem = str(error)
    bad = BadRow(MALFORMED_RECORD, f"rows {number} to {last} lie in a damaged part of the file: {problem}")
    for _ in range(number, last + 1):
        yield bad


def _batch_records(batch: Any) -> list[dict[str, Any] | BadRow]:
    try:
        return batch.to_pylist()
    except (ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            return [_bad_row(error)]
    return [record for row in range(batch.num_rows) for record in _batch_records(batch.slice(row, 1))]


def _bad_row(error: Exception) -> BadRow:
    if isinstance(error, UnicodeDecodeError):
        return BadRow(MALFORMED_RECORD, f"a text is not UTF-8 (byte {error.start})")
    return BadRow(WRONG_TYPE, f"a value is out of range: {error}")


def _open_file(path: Path) -> Any:
    """The file, whose pages are held against their checksums where it has any."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ValueError(f"{path} is not a whole Parquet file: {error}") from error
    parts = sum(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))
    rows = file.metadata.num_rows
    if parts != rows:
        raise ValueError(f"{path} is not a whole Parquet file: its parts have {parts} rows, not {rows}")
    return file
