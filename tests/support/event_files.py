"""What TensorBoard shows of a run."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event, SessionLog


def shown_figures(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """(step, value) of every figure in the order of writing; a start forgets the steps from its own on."""
    figures: dict[str, list[tuple[int, float]]] = {}
    for file in sorted(folder.iterdir()):
        for event in events(file):
            if event.session_log.status == SessionLog.START:
                for name, points in figures.items():
                    figures[name] = [point for point in points if point[0] < event.step]
            for value in event.summary.value:
                figures.setdefault(value.tag, []).append((event.step, value.simple_value))
    return figures


def events(file: Path) -> Iterator[Event]:
    """The records of an event file: length, its checksum, content, its checksum."""
    content = file.read_bytes()
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        yield Event.FromString(content[12 : 12 + length])
        content = content[16 + length :]
