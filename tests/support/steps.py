"""How much work a call is, without a clock: the functions that it calls, of Python and of C."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def count_calls(work: Callable[[], Any]) -> int:
    """Calls that `work` makes the second time, when what it keeps is kept, those inside them too; the same on
    a busy machine as on an idle one."""
    work()
    calls = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
