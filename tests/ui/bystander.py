"""A process that does nothing but wait for a moment at a time: what holds it up, holds up everything on the machine."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

#: Milliseconds late from which on it was held up; a busy machine wakes it some milliseconds late now and then.
HELD = 10

_PROGRAM = f"""
import time
before = time.perf_counter()
while True:
    time.sleep(0.002)
    now = time.perf_counter()
    if now - before > {HELD} / 1000:
        print(before, now, flush=True)
    before = now
"""


class Bystander:
    """Knows when the machine held up a process that only waits; to be used in a `with`."""

    def __init__(self) -> None:
        self._held: list[tuple[float, float]] = []

    def __enter__(self) -> Bystander:
        # All processes have the same performance counter.
        self._process = subprocess.Popen([sys.executable, "-S", "-c", _PROGRAM], stdout=subprocess.PIPE, text=True)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._listening.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            before, now = map(float, line.split())
            self._held.append((before, now))

    def held(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for how many seconds it was held up between each time of the performance counter and the next."""
        total = np.zeros(len(times) - 1)
        for before, now in list(self._held):
            total += np.diff(np.clip(times, before, now))
        return total
