"""Checks that turn one raw record into the values of a row, each failure with its own reason."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from actors.base import EMPTY_TEXT, BadRow, Reason
from actors.did_you_mean import did_you_mean
from actors.pictures.image_reader import IMAGE_OUTSIDE_ROOT, MISSING_IMAGE
from actors.prompts.task import Task
from pipelines.schema import WRONG_TYPE

MALFORMED_RECORD = Reason("malformed_record", "the record cannot be read")
MISSING_FIELD = Reason("missing_field", "the record lacks a field")
BAD_ID = Reason("bad_id", "the record has no usable id")
UNKNOWN_LABEL = Reason("unknown_label", "the human label is none of the task's labels")

_FIELD = re.compile(r"\{([^{}]+)\}")


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    """Line number from 1 and object of every line that is not blank, read as they come.

    A line that is not UTF-8, not JSON or not an object is a BadRow(malformed_record).
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield number, parse_object(line, f"line {number}")


def parse_object(content: bytes, place: str) -> dict[str, Any] | BadRow:
    """The JSON object in `content`, or a BadRow that says what is wrong with it at `place`."""
    try:
        value = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return BadRow(MALFORMED_RECORD, f"{place} is not UTF-8 (byte {error.start})")
    except (ValueError, RecursionError) as error:
        return BadRow(MALFORMED_RECORD, f"{place} is not JSON: {error}")
    if not isinstance(value, dict):
        return BadRow(MALFORMED_RECORD, f"{place} holds a {type(value).__name__}, expected an object")
    return value


def document_fields(template: str) -> list[str]:
    """Names of the fields that a document template such as `Premise: {premise}` takes."""
    return list(dict.fromkeys(_FIELD.findall(template)))


def fill_document(template: str, record: Mapping[str, Any], *, blank_ok: bool = False) -> str:
    """`template` with every `{field}` replaced by the record's text.

    Raises:
        BadRow: a field is missing, not text, or blank (blank is let through with `blank_ok`).
    """
    values = {name: text_field(record, name, blank_ok=blank_ok) for name in document_fields(template)}
    return _FIELD.sub(lambda match: values[match[1]], template)


def text_field(record: Mapping[str, Any], name: str, *, blank_ok: bool = False) -> str:
    """The text in field `name`.

    Raises:
        BadRow: missing_field, empty_text (null or blank), wrong_type, or malformed_record for half a
            character (a lone surrogate).
    """
    if name not in record:
        raise BadRow(MISSING_FIELD, f"there is no field {name!r}")
    value = record[name]
    if value is None or (isinstance(value, str) and not value.strip()):
        if blank_ok:
            return ""
        raise BadRow(EMPTY_TEXT, f"{name!r} is {'null' if value is None else 'blank'}")
    if not isinstance(value, str):
        raise BadRow(WRONG_TYPE, f"{name!r} is {value!r:.100} ({type(value).__name__}), expected text")
    if not is_unicode(value):
        raise BadRow(MALFORMED_RECORD, f"{name!r} holds bytes that are no characters")
    return value


def is_unicode(text: str) -> bool:
    """False where `text` holds lone surrogates, which no file can store."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def key_field(record: Mapping[str, Any], name: str) -> str:
    """The row's key in field `name`.

    Raises:
        BadRow(bad_id): missing, blank, or neither text nor a whole number.
    """
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip() or not is_unicode(value):
        raise BadRow(BAD_ID, f"{name!r} is {value!r:.100}, expected text or a whole number")
    return value.strip()


def label_lookup(task: Task, label_map: Mapping[str, str]) -> dict[str, str]:
    """The task's label by what a file may call it, in lower case; `label_map` goes first.

    Raises:
        ValueError: the map leads to something that is no label of the task.
    """
    for value, label in label_map.items():
        if label not in task.labels:
            raise ValueError(
                f"--label-map {value}={label}: {label!r} is not a label of task {task.name!r}, "
                f"which has {list(task.labels)}{did_you_mean(label, task.labels)}"
            )
    mapped = {value.strip().casefold(): label for value, label in label_map.items()}
    return {label.casefold(): label for label in task.labels} | mapped


def read_label(value: Any, lookup: Mapping[str, str]) -> str | None:
    """The task's label for a file's `value`; None where the file does not tell (null or blank).

    Raises:
        BadRow: unknown_label, or wrong_type for a list or an object.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        raise BadRow(WRONG_TYPE, f"the label is a {type(value).__name__}, expected text or a number")
    label = lookup.get(str(value).strip().casefold())
    if label is None:
        raise BadRow(UNKNOWN_LABEL, f"the label is {str(value)[:100]!r}, expected one of {list(lookup)[:20]}")
    return label


def image_paths(value: Any, root: Path | str, *, required: bool) -> list[str]:
    """The picture paths in `value` (a path, a list of them, or nothing), as given.

    Raises:
        BadRow: missing_image (nothing although `required`), wrong_type, or image_outside_root.
    """
    if not value:
        if required:
            raise BadRow(MISSING_IMAGE, "the record names no picture")
        return []
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise BadRow(WRONG_TYPE, f"the picture is {value!r:.100}, expected a path")
    for path in paths:
        if not is_inside(root, path):
            raise BadRow(IMAGE_OUTSIDE_ROOT, f"{path[:200]!r} leads out of the image folder")
    return paths


def is_inside(root: Path | str, path: str) -> bool:
    """Whether `path`, taken from `root`, stays in it by its words alone (links are checked on reading)."""
    folder = os.path.abspath(root)
    return os.path.abspath(os.path.join(folder, path)).startswith(folder.rstrip(os.sep) + os.sep)
