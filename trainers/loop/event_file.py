"""A run's figures by step as TensorBoard reads them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorboardX.proto.event_pb2 import Event

FOLDER = "tensorboard"


class EventFile:
    """The file of one start of the run in `out`, on disk after every step.

    A resumed run begins at step `start` of its checkpoint: a viewer forgets what earlier starts wrote from
    there on, so that no step is shown twice. tensorboardX's SummaryWriter writes from a queue, which a killed
    process takes along: steps before the checkpoint would be missing for good.
    """

    def __init__(self, out: Path, start: int) -> None:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        folder = out / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        starts = len(list(folder.glob("events*")))  # keeps starts within one second apart, and in order
        self._file = EventsWriter(str(folder / "events"), f".{starts:04d}")
        begin = SessionLog(status=SessionLog.START)
        self._write(Event(wall_time=time.time(), step=start, session_log=begin))

    def add(self, step: int, figures: Mapping[str, float | None]) -> None:
        """Writes the figures that are defined."""
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        values = [
            Summary.Value(tag=name, simple_value=value)
            for name, value in figures.items()
            if value is not None
        ]
        self._write(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))

    def close(self) -> None:
        self._file.close()

    def _write(self, event: Event) -> None:
        self._file.write_event(event)
        self._file.flush()
