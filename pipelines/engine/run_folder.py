"""The folder that a run, an ingest or a training fills: who holds it, how it was started, every start."""

from __future__ import annotations

import fcntl
import json
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.command_line.paths import same_places
from pipelines.manifest import FORMAT, write_json

STATE, LOCK = "run.json", ".lock"
TRAINING = "training.json"  # a training's closing record, as a manifest is a run's
ANOTHER_OUT = "give another --out"
OR_FRESH = f"{ANOTHER_OUT}, or add --fresh to begin again in a new folder beside it"


@dataclass(frozen=True)
class RunFolder:
    """A folder that one command fills, over as many starts as it takes."""

    out: Path

    @property
    def state(self) -> Path:
        return self.out / STATE

    @property
    def input(self) -> Path:
        return self.out / "input"

    @property
    def shards(self) -> Path:
        return self.out / "shards"

    @property
    def checkpoint(self) -> Path:
        return self.out / "checkpoint"

    def shard_files(self) -> list[Path]:
        return sorted(self.shards.glob("*.parquet"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the folder for this process.

        Raises:
            ValueError: another run is writing there.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        with (self.out / LOCK).open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ValueError(
                    f"another run is writing to {self.out}; wait for it, or give another --out"
                ) from error
            yield

    def read(self) -> dict[str, Any] | None:
        """The state file that earlier starts wrote; None for a new folder.

        Raises:
            ValueError: the folder holds other files, so it is not a run's, or is of a newer version.
        """
        if self.state.is_file():
            return self._state()
        names = [path.name for path in self.out.iterdir()] if self.out.is_dir() else []
        strangers = [name for name in names if name != LOCK]
        if strangers:
            raise ValueError(
                f"{self.out} holds {strangers[:3]} and no run; give a new or empty folder as --out"
            )
        return None

    def check(self, identity: Mapping[str, Any], *, bound: bool = True, way_on: str = ANOTHER_OUT) -> None:
        """Raises ValueError, which names each change, unless the folder is new or was started with the same
        `identity`; one that is not `bound` yet, because nothing was written, may be started with another."""
        state = self.read()
        if state is None or not bound:
            return
        new = plain(identity)
        changes = differences(same_places(state["identity"], new), new)
        if changes:
            lines = "\n  ".join(changes)
            raise ValueError(f"{self.out} was started with other settings (then → now):\n  {lines}\n{way_on}")

    def begin(self, identity: Mapping[str, Any]) -> str:
        """Notes this start of the run and returns its name, unique among all starts."""
        name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
        start = {"name": name, "started": timestamp(), "command": sys.argv}
        starts = [*self.sessions(), start] if self.state.is_file() else [start]
        write_json(self.state, {"format": FORMAT, "identity": plain(identity), "sessions": starts})
        return name

    def sessions(self) -> list[dict[str, Any]]:
        """All starts of the run, first to last."""
        starts: list[dict[str, Any]] = self._state().get("sessions", [])
        return starts

    def finish(self, **figures: Any) -> list[dict[str, Any]]:
        """All starts, after the last one is noted to have ended by itself, with what it did."""
        state = self._state()
        state["sessions"][-1] |= {"finished": timestamp(), **figures}
        write_json(self.state, state)
        starts: list[dict[str, Any]] = state["sessions"]
        return starts

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.state.read_text())
        if state.get("format", FORMAT) > FORMAT:
            raise ValueError(
                f"{self.out} was written by a newer version (format {state['format']}, this one knows "
                f"{FORMAT}); go on with that version, or give another --out"
            )
        return state


def fresh_folder(out: Path) -> Path:
    """`out` itself if it is new, else the first of `out-2`, `out-3`, … that is."""
    if not out.exists():
        return out
    numbers = iter(range(2, 1_000_000))
    return next(path for n in numbers if not (path := out.with_name(f"{out.name}-{n}")).exists())


def timestamp(seconds: float | None = None) -> str:
    """ISO 8601 in UTC; now by default."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    """An identity as the state file gives it back: dataclasses, mappings and paths as JSON holds them."""
    content: dict[str, Any] = json.loads(json.dumps(identity, default=_plain_value))
    return content


def _plain_value(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    return dict(value) if isinstance(value, Mapping) else str(value)


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Lines `path: old → new` for every value that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = list(old) + [key for key in new if key not in old]
        return [
            line
            for key in keys
            for line in differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{path}[{i}]")]
    return [] if old == new else [f"{path}: {old!r:.120} → {new!r:.120}"]
