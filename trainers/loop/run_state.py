"""A training run's folder: who holds it, what it was started with, and what it became."""

from __future__ import annotations

import fcntl
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.command_line.paths import same_places
from pipelines.manifest import write_json

STATE, TRAINING = "run.json", "training.json"


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Holds `out` for this process.

    Raises:
        ValueError: another run is writing there.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"another run is writing to {out}; wait for it, or give another --out"
            ) from error
        yield


def check_resumable(out: Path, identity: Mapping[str, Any]) -> None:
    """Raises ValueError when `out` holds something else than a run with the same `identity`."""
    state = out / STATE
    if state.is_file():
        changed = differences(same_places(json.loads(state.read_text())["identity"], identity), identity)
        if changed:
            lines = "\n  ".join(changed)
            raise ValueError(
                f"{out} was started with other settings (then → now):\n  {lines}\ngive another --out"
            )
        return
    strangers = [path.name for path in out.iterdir() if path.name != ".lock"] if out.is_dir() else []
    if strangers:
        raise ValueError(f"{out} holds {strangers[:3]} and no run; give a new or empty folder as --out")


def begin_session(out: Path, identity: Mapping[str, Any], command: list[str]) -> str:
    """Notes this start of the run and returns its name, unique among all starts."""
    name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
    file = out / STATE
    state: dict[str, Any] = {"identity": identity, "sessions": []}
    if file.is_file():
        state = json.loads(file.read_text())
    state["sessions"].append({"name": name, "started": time.time(), "command": command})
    write_json(file, state)
    return name


def sessions(out: Path) -> list[dict[str, Any]]:
    """All starts of the run, first to last."""
    found: list[dict[str, Any]] = json.loads((out / STATE).read_text())["sessions"]
    return found


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Lines `path: old → new` for every value that differs."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = list(old) + [key for key in new if key not in old]
        return [
            line
            for key in keys
            for line in differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
        ]
    return [] if old == new else [f"{path}: {old!r:.120} → {new!r:.120}"]
