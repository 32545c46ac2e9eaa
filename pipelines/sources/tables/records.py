"""Checks that turn one raw record into the values of a row, each failure with its own reason."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from actors.base import EMPTY_TEXT, BadRow, Reason
from actors.models.text_generator import IMAGE_MARKS
from actors.pictures.image_reader import IMAGE_OUTSIDE_ROOT, MISSING_IMAGE
from pipelines.schema import WRONG_TYPE

MALFORMED_RECORD = Reason("malformed_record", "the record cannot be read")
MISSING_FIELD = Reason("missing_field", "the record lacks a field")
BAD_ID = Reason("bad_id", "the record has no usable id")
UNKNOWN_LABEL = Reason("unknown_label", "the human label is none of the task's labels")

Record = tuple[int, dict[str, Any] | BadRow]  # its number from 1, and its values or why there are none
IMAGE_MARK = "<image>"  # stands in an instruction where a picture belongs
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
        value = json.loads(content.decode("utf-8"), object_pairs_hook=each_key_once)
    except UnicodeDecodeError as error:
        return BadRow(MALFORMED_RECORD, f"{place} is not UTF-8 (byte {error.start})")
    except DoubledKey as error:
        return BadRow(MALFORMED_RECORD, f"{place} {error}")
    except (ValueError, RecursionError) as error:
        return BadRow(MALFORMED_RECORD, f"{place} is not JSON: {error}")
    if not isinstance(value, dict):
        return BadRow(MALFORMED_RECORD, f"{place} holds a {type(value).__name__}, expected an object")
    return value


class DoubledKey(ValueError):
    """A JSON object gives one key two values."""


def each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, as json calls it (`object_pairs_hook`).

    Raises:
        DoubledKey: a key is there twice, so that one of its values would be lost.
    """
    values = dict(pairs)
    if len(values) < len(pairs):
        double = next(key for key, number in Counter(key for key, _ in pairs).items() if number > 1)
        raise DoubledKey(f"names the key {double[:100]!r} twice; keep one")
    return values


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


def is_there(value: Any) -> bool:
    """Whether a field holds something: neither null nor an empty text, list or object."""
    return value not in (None, "", [], {})


def is_unicode(text: str) -> bool:
    """False where `text` holds lone surrogates, which no file can store."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def key_field(record: Mapping[str, Any], name: str) -> str:
    """The row's key in field `name`; whole numbers that pandas made floats are whole numbers.

    Raises:
        BadRow(bad_id): missing, blank, or neither text nor a whole number.
    """
    value = record.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip() or not is_unicode(value):
        raise BadRow(BAD_ID, f"{name!r} is {value!r:.100}, expected text or a whole number")
    return value.strip()


def image_paths(value: Any, root: Path | str, *, required: bool) -> list[str]:
    """The picture paths in `value` (a path, a list of them, or nothing), as given.

    Raises:
        BadRow: missing_image (nothing although `required`), wrong_type, or image_outside_root.
    """
    if not value:
        if required:
            raise BadRow(MISSING_IMAGE, "the record names no picture")
        return []
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        raise BadRow(WRONG_TYPE, "the picture's bytes are in the table; write them to files and name those")
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise BadRow(WRONG_TYPE, f"the picture is {value!r:.100}, expected a path")
    for path in paths:
        if not is_inside(root, path):
            raise BadRow(IMAGE_OUTSIDE_ROOT, f"{path[:200]!r} leads out of the image folder")
    return paths


def check_answer(answer: str) -> str:
    """`answer` as it is.

    Raises:
        BadRow(image_marks): it holds a mark, which a model would take for a picture.
    """
    if IMAGE_MARK in answer:
        raise BadRow(IMAGE_MARKS, f"the answer holds {IMAGE_MARK}, where no picture can be")
    return answer


def place_marks(instruction: str, num_images: int) -> str:
    """`instruction` with one mark per picture: its own where their number fits, else all at the end.

    The released models attend to the next picture, so the picture follows the text that asks about it.

    Raises:
        BadRow(image_marks): there are marks, and not as many as pictures.
    """
    marks = instruction.count(IMAGE_MARK)
    if marks == num_images:
        return instruction
    if marks:
        raise BadRow(IMAGE_MARKS, f"{marks} {IMAGE_MARK} marks in the instruction, {num_images} pictures")
    return instruction + IMAGE_MARK * num_images


def is_inside(root: Path | str, path: str) -> bool:
    """Whether `path`, taken from `root`, stays in it by its words alone (links are checked on reading)."""
    folder = os.path.abspath(root)
    return os.path.abspath(os.path.join(folder, path)).startswith(folder.rstrip(os.sep) + os.sep)
