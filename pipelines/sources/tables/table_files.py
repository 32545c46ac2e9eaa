"""Records of JSONL, JSON, CSV, TSV and Parquet files; a broken one is a value, never an exception."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from actors.base import BadRow
from pipelines.sources.source import Flag
from pipelines.sources.tables.parquet import parquet_columns, read_parquet
from pipelines.sources.tables.record_reader import Telltale
from pipelines.sources.tables.records import (
    MALFORMED_RECORD,
    DoubledKey,
    Record,
    each_key_once,
    parse_object,
    read_json_lines,
)
from pipelines.sources.tables.separated import read_separated, separated_columns

JSON_LINES, SEPARATED, PARQUET, ARRAY = (".jsonl", ".ndjson"), (".csv", ".tsv"), (".parquet",), ".json"
SUFFIXES = (*JSON_LINES, *SEPARATED, *PARQUET)
PEEK = 1000  # records that a check on the driver looks at

IMAGE_ROOT = Flag("Folder that picture paths start from; by default the table's own.", name="image_root")

# How a file begins that cannot be read here, and what it is.
_BEGINNINGS = {
    b"\x1f\x8b": "packed with gzip; unpack it",
    b"BZh": "packed with bzip2; unpack it",
    b"\xfd7zXZ": "packed with xz; unpack it",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it",
    b"PK\x03\x04": "a zip archive or a spreadsheet; unpack it, or save the sheet as CSV",
    b"\xff\xfe\x00\x00": "in UTF-32; save it as UTF-8",
    b"\x00\x00\xfe\xff": "in UTF-32; save it as UTF-8",
    b"\xff\xfe": "in UTF-16; save it as UTF-8",
    b"\xfe\xff": "in UTF-16; save it as UTF-8",
}


def refuse_other_format(path: Path) -> None:
    """Raises ValueError for a file that is not what its suffix says but packed, in UTF-16 or the like."""
    with path.open("rb") as file:
        start = file.read(64)
    for beginning, words in _BEGINNINGS.items():
        if start.startswith(beginning):
            raise ValueError(f"{path} is {words}")
    if b"\0" in start and path.suffix.lower() not in PARQUET:
        raise ValueError(f"{path} is no text file, or in UTF-16; save it as UTF-8")


def table_columns(path: Path, wanted: Sequence[str] = ()) -> list[str]:
    """Column names of a table; of JSONL the keys of its first thousand objects and of all that are `wanted`.

    Raises:
        ValueError: the file is empty, packed, in UTF-16, not what its suffix says, or names a column twice.
    """
    suffix = path.suffix.lower()
    refuse_other_format(path)
    if suffix in PARQUET:
        return parquet_columns(path)
    if suffix in SEPARATED:
        return separated_columns(path)
    first = list(islice(read_json_array(path) if suffix == ARRAY else read_json_lines(path), PEEK))
    columns = dict.fromkeys(key for _, record in first if isinstance(record, dict) for key in record)
    if not columns:
        why = next((str(record) for _, record in first if isinstance(record, BadRow)), "it is empty")
        where = "in its array" if suffix == ARRAY else "per line"
        raise ValueError(f"{path} holds no JSON object {where}: {why}")
    missing = tuple(name for name in wanted if name not in columns)
    stat = path.stat()
    return list(columns | dict.fromkeys(_late_columns(path, missing, stat.st_size, stat.st_mtime_ns)))


@lru_cache(maxsize=64)
def _late_columns(path: Path, names: tuple[str, ...], size: int, changed_ns: int) -> tuple[str, ...]:
    """Those of `names` that any object has as a key, wherever it stands in the file; `size` and `changed_ns`
    stand for the contents."""
    keys: Iterator[Collection[str]]
    if path.suffix.lower() == ARRAY:
        keys = (record.keys() for _, record in read_json_array(path) if isinstance(record, dict))
    else:
        keys = _keys_of_lines(path, names)
    missing = dict.fromkeys(names)
    for here in keys if names else ():
        missing = {name: None for name in missing if name not in here}
        if not missing:
            break
    return tuple(name for name in names if name not in missing)


def _keys_of_lines(path: Path, names: Sequence[str]) -> Iterator[Collection[str]]:
    """The keys of every line that mentions one of the names; other lines are not parsed."""
    spelt = {json.dumps(name, ensure_ascii=ascii_only) for name in names for ascii_only in (True, False)}
    mentions = re.compile(b"|".join(re.escape(name.encode()) for name in spelt))
    with path.open("rb") as file:
        for line in file:
            if mentions.search(line) and isinstance(record := parse_object(line, "a line"), dict):
                yield record.keys()


def read_records(path: Path, columns: Sequence[str], telltale: Telltale | None = None) -> Iterator[Record]:
    """Number from 1 and record of every row; numbers are lines for JSONL and rows for the others.

    Of Parquet only `columns` are read; of CSV `telltale` is what records are told by inside a torn one. A
    record that cannot be read is a BadRow(malformed_record).
    """
    suffix = path.suffix.lower()
    if suffix in SEPARATED:
        return read_separated(path, telltale)
    if suffix in PARQUET:
        return read_parquet(path, columns)
    return read_json_array(path) if suffix == ARRAY else read_json_lines(path)


def read_dialogue_file(path: Path) -> Iterator[Record]:
    """Number from 1 and record of every entry of a JSON array, or of every line of a JSONL file.

    Raises:
        ValueError: the file is packed or no text, or no such array.
    """
    refuse_other_format(path)
    return read_json_lines(path) if path.suffix.lower() in JSON_LINES else read_json_array(path)


def read_json_array(path: Path) -> Iterator[Record]:
    """Number from 1 and record of every entry; an entry that is no object, or names a key twice, is a BadRow.

    Raises:
        ValueError: the file is not UTF-8, not JSON, or holds no array.
    """
    refuse_other_format(path)
    try:
        content: Any = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a JSON file ({error}); expected an array of records") from error
    if not isinstance(content, list):
        kind = "dict" if isinstance(content, _Doubled) else type(content).__name__
        raise ValueError(f"{path} holds a {kind}, expected an array of records")
    for number, record in enumerate(content, 1):
        if isinstance(record, _Doubled):
            yield number, BadRow(MALFORMED_RECORD, f"entry {number} {record.words}")
        elif isinstance(record, dict):
            yield number, record
        else:
            kind = type(record).__name__
            yield number, BadRow(MALFORMED_RECORD, f"entry {number} is a {kind}, expected an object")


class _Doubled(dict[str, Any]):
    """An object of which a key, or a key of what is in it, is there twice."""

    words = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, `_Doubled` where one is in it: the array around it is read on."""
    doubled = next((found for _, value in pairs if (found := _doubled_in(value)) is not None), None)
    if doubled is not None:
        return doubled
    try:
        return each_key_once(pairs)
    except DoubledKey as error:
        doubled = _Doubled()
        doubled.words = str(error)
        return doubled


def _doubled_in(value: Any) -> _Doubled | None:
    """The object with a doubled key that `value` is or holds; objects in it have been looked at."""
    if isinstance(value, list):
        return next((found for item in value if (found := _doubled_in(item)) is not None), None)
    return value if isinstance(value, _Doubled) else None
