"""What all benchmarks of operations share: how two calls are timed side by side, and rows of a table.

A benchmark module has a function `rows(sizes, rounds, seconds, only)` that yields a `Row` for each thing measured;
`report.py` joins them.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

BURST = 0.04  # seconds that a call is repeated for in each round, so that short calls are as warm as long ones
HEADING = """| operation | image | maskeditor, ms | peer | its ms | ratio | wanted | reached |
|---|---|---:|---|---:|---:|---:|---|"""


def short(value: float) -> str:
    """Return a number with two or three digits, such as "0.034", "4.2", "17.3" or "1480"."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 else f"{value:.2g}"


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes
    ----------
    group : str
        What it is counted under in a short table.
    operation, image : str
        What is done, and to what.
    ours, theirs : float
        Milliseconds of maskeditor and of the peer; for the peer "limit", the milliseconds that are allowed.
    peer : str
    wanted : float
        How many times as fast as the peer it should be; 0 for no demand.
    """

    group: str
    operation: str
    image: str
    ours: float
    peer: str
    theirs: float
    wanted: float

    @property
    def ratio(self) -> float:
        """How many times as fast as the peer."""
        return self.theirs / self.ours

    @property
    def is_reached(self) -> bool:
        """Whether the ratio is as wanted."""
        return self.ratio >= self.wanted

    def __str__(self) -> str:
        reached = ("yes" if self.is_reached else "**no**") if self.wanted else ""
        wanted = short(self.wanted) if self.wanted else ""
        told = (self.operation, self.image, short(self.ours), self.peer, short(self.theirs), short(self.ratio))
        return "| " + " | ".join((*told, wanted, reached)) + " |"


@dataclass(frozen=True)
class Case:
    """Two calls to be timed side by side, or one call and what it may take.

    Attributes
    ----------
    group, operation, image, wanted
        As in `Row`.
    ours : callable
    peer : str
    theirs : callable or float
        The peer's call, or milliseconds.
    same : callable, optional
        Tells whether both results agree; by default they must be equal.
    """

    group: str
    operation: str
    image: str
    ours: Callable[[], Any]
    peer: str
    theirs: Callable[[], Any] | float
    wanted: float = 0
    same: Callable[[Any, Any], bool] | None = np.array_equal

    def measured(self, rounds: int, seconds: float) -> Row:
        """Compare both results, then time both in turn, round after round, and return the medians.

        A peer that takes longer than all rounds may is timed once, while its result is made.
        """
        theirs = self.theirs
        if not callable(theirs):
            self.ours()
            times = [timed(self.ours) for _ in range(rounds)]
            return self._row(statistics.median(times), theirs)
        ours, start = self.ours(), time.perf_counter()
        peers, once = theirs(), time.perf_counter() - start
        if self.same is not None and not self.same(ours, peers):
            raise SystemExit(f"{self.operation}, {self.image}: the results of maskeditor and {self.peer} differ.")
        del ours, peers
        end = time.perf_counter() + seconds
        if once > seconds:  # once says enough: three more in each row would take a quarter of an hour
            times = [timed(self.ours)]
            while len(times) < rounds and time.perf_counter() < end:
                times.append(timed(self.ours))
            return self._row(statistics.median(times), 1000 * once)
        pairs: list[tuple[float, float]] = []
        while len(pairs) < rounds and (len(pairs) < 3 or time.perf_counter() < end):
            pairs.append((timed(self.ours), timed(theirs)))
        return self._row(statistics.median(one for one, _ in pairs), statistics.median(one for _, one in pairs))

    def _row(self, ours: float, theirs: float) -> Row:
        return Row(self.group, self.operation, self.image, ours, self.peer, theirs, self.wanted)


def timed(run: Callable[[], Any]) -> float:
    """Return the milliseconds a call takes, of a burst of calls that lasts a moment."""
    count, start = 0, time.perf_counter()
    while True:
        run()
        count += 1
        passed = time.perf_counter() - start
        if passed >= BURST:
            return 1000 * passed / count


def measured(cases: Iterable[Case], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure the cases whose line holds a text."""
    for case in cases:
        if only in f"{case.operation}, {case.image}, {case.peer}":
            yield case.measured(rounds, seconds)


def machine() -> str:
    """Return the machine and the versions in words."""
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            processor = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "nilearn", "SimpleITK"))
    return f"{processor}, {platform.system()}, Python {platform.python_version()}, {packages}"


def main(about: str | None, rows: Callable[[Sequence[int], int, float, str], Iterator[Row]]) -> None:
    """Print the table of one benchmark; options are read from the command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256], help="edges of the volumes, in voxels")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the median of")
    parser.add_argument("--seconds", type=float, default=8, help="at most so long for a row, three rounds at least")
    parser.add_argument("--only", default="", help="only rows whose operation, image or peer contains this")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{machine()}\n\n{HEADING}")
    for row in rows(options.sizes, options.rounds, options.seconds, options.only):
        print(row, flush=True)
