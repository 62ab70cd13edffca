"""What an action costs, counted in instructions of Python: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def effort_of(act: Callable[[], object]) -> int:
    """Return how many instructions of Python an action takes on this thread; what C code does is not counted."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()  # such as that of a measurement of coverage
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count
