"""What a file's labels mean in a task: `--label-map VALUE=LABEL`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.sources.source import Flag


def parse_label_map(pairs: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """`VALUE=LABEL` texts as a mapping; a mapping stays as it is.

    Raises:
        ValueError: a text without `=`, or a value given twice.
    """
    if isinstance(pairs, Mapping):
        return dict(pairs)
    mapped: dict[str, str] = {}
    for pair in pairs:
        value, equals, label = pair.partition("=")
        if not equals or not value.strip() or not label.strip():
            raise ValueError(f"--label-map {pair!r} is not VALUE=LABEL, such as 1=spam")
        if value.strip() in mapped:
            raise ValueError(f"--label-map gives {value.strip()!r} two meanings; keep one")
        mapped[value.strip()] = label.strip()
    return mapped


LABEL_MAP = Flag(
    "What the file's labels mean: VALUE=LABEL, such as 1=spam '0=not spam'.",
    typed=tuple[str, ...],
    read=parse_label_map,
)
