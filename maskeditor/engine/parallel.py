"""Work on large volumes, shared among the processors.

numpy lets the interpreter go while it works on an array, so that threads of one process work at the same time, as long
as each has large pieces to work on.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Generic, TypeVar

from maskeditor.engine.progress import Reporter, silent

Part = TypeVar("Part")
Result = TypeVar("Result")

#: More processors than a few share one way to memory, and would only wait for it.
MOST = 4

#: By how much a thread beside the interface's stands back behind that; Linux counts it by thread.
NICENESS = 10

#: How many processes work at the same time, if this is not the only one.
_apart: list[int] = []


def share_processors(processes: int) -> None:
    """Leave processors to so many processes that work at the same time; before any work of this one is shared."""
    _apart[:] = [processes]
    processors.cache_clear()


def stand_back() -> None:
    """Let the interface's thread go before the one that calls this.

    Threads that hand the interpreter to each other are put on one core, where the interface would wait its turn.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # not every sandbox lets a thread step back
            nice = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)


@cache
def processors() -> int:
    """Return how many processors this process may use, at most `MOST`."""
    return max(1, min(MOST, all_processors() // _apart[0])) if _apart else min(MOST, all_processors())


def all_processors() -> int:
    """Return how many processors there are for this process, with none left to others."""
    if hasattr(os, "sched_getaffinity"):  # not every system has it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parts_of(length: int, least: int) -> list[slice]:
    """Cut a length into as many nearly equal parts as there are processors, but none shorter than `least`.

    Examples
    --------
    >>> parts_of(10, 8)
    [slice(0, 10, None)]
    """
    count = max(1, min(processors(), length // max(1, least)))
    if count == 1:
        return [slice(0, length)]
    return [slice(start, stop) for start, stop in pairwise(length * number // count for number in range(count + 1))]


def in_parallel(
    work: Callable[[Part, Reporter], Result], parts: Sequence[Part], progress: Reporter | None = None
) -> list[Result]:
    """Do the same work for each of some parts, several at a time; return the results in the order of the parts.

    The calling thread takes part, and goes on alone where the others are busy. When this returns or raises, nothing of
    the work is going on any more.

    Parameters
    ----------
    work : callable
        Called with a part and a reporter, which it should call now and then with the fraction of that part is done; the
        reporter raises when the work should stop.
    parts : sequence
    progress : callable, optional
        Called on the calling thread, with the fraction of everything that is done; may raise to cancel.

    Examples
    --------
    >>> in_parallel(lambda part, report: part.stop - part.start, [slice(0, 5), slice(5, 9)])
    [5, 4]
    """
    if len(parts) == 1:
        return [work(parts[0], progress or silent)]
    job = _Job(work, parts, progress or silent)
    # Each takes part after part; on one processor there is none.
    helpers = [_helpers().submit(job.take_part) for _ in parts[1 : processors()]]
    job.take_part(leads=True)
    for helper in helpers:
        # Those that have not begun are not waited for, as nothing is left to do.
        if not helper.cancel():
            helper.result()
    job.let_go()
    if job.error is not None:
        raise job.error
    return [job.results[index] for index in range(len(parts))]


class _Job(Generic[Part, Result]):
    """Parts that threads take until none is left, or one of them fails."""

    def __init__(self, work: Callable[[Part, Reporter], Result], parts: Sequence[Part], progress: Reporter) -> None:
        self._work = work
        self._progress = progress
        self._left = iter(enumerate(parts))  # taken from by one thread at a time, as the interpreter takes care
        self._done = [0.0] * len(parts)
        self.results: dict[int, Result] = {}
        self.error: BaseException | None = None

    def take_part(self, *, leads: bool = False) -> None:
        """Work on part after part; only the one who leads reports progress."""
        for index, part in self._left:

            def report(fraction: float, index: int = index) -> None:
                self._done[index] = fraction
                if self.error is not None:
                    raise _Stopped
                if leads:
                    self._progress(sum(self._done) / len(self._done))

            try:
                self.results[index] = self._work(part, report)
            except _Stopped:
                return
            except BaseException as error:
                self.error = self.error or error
                return
            if self.error is not None:
                return

    def let_go(self) -> None:
        """Hold no array any more: a helper may keep the job for a while, even one that never took part."""
        del self._work, self._progress, self._left


class _Stopped(Exception):
    """What a thread is stopped by whose work is not wanted any more."""


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(processors() - 1, "maskeditor-helper")
