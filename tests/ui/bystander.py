"""A process that does nothing but wait for a moment at a time.

What holds it up is the machine, or a program that keeps many more threads busy than there are processors.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

#: Milliseconds late from which on it was held up; a busy machine wakes it some milliseconds late now and then.
HELD = 10

# It says something every second as well, to notice when nobody listens any more.
_PROGRAM = f"""
import time
told = time.perf_counter()
while True:
    wanted = time.perf_counter() + 0.002
    time.sleep(0.002)
    now = time.perf_counter()
    if now - wanted > {HELD} / 1000:
        print(wanted, now, flush=True)
    elif now - told > 1:
        told = now
        print(now, now, flush=True)
"""


class Bystander:
    """Knows when the machine held up a process that only waits; to be used in a `with`."""

    def __init__(self) -> None:
        self._held: list[tuple[float, float]] = []

    def __enter__(self) -> Bystander:
        # The performance counter is the same for all processes of a machine.
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
            wanted, woken = map(float, line.split())
            self._held.append((wanted, woken))

    def held(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for how many seconds it was held up between each time of the performance counter and the next."""
        total = np.zeros(len(times) - 1)
        for wanted, woken in list(self._held):
            total += np.diff(np.clip(times, wanted, woken))
        return total
