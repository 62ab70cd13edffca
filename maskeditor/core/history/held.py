"""The memory that deltas take: counted as long as they live, and put away beyond a budget."""

from __future__ import annotations

import weakref
from threading import RLock

from maskeditor.core.history.delta import Delta, Keep


class HeldDeltas:
    """Counts deltas, in the order they came, and puts the oldest away beyond a budget; none is dropped.

    Any thread may use it: deltas come while a worker works a move out.

    Parameters
    ----------
    budget : int
        Bytes of deltas kept in memory.
    keep : callable, optional
        Says where the bits of a delta are kept besides; without it they stay in memory.
    """

    def __init__(self, budget: int, keep: Keep | None) -> None:
        self._budget = budget
        self._keep = keep
        # Those with their bits, as long as anybody holds them, and those whose bits were put away.
        self._here: dict[int, weakref.ref[Delta]] = {}
        self._away: dict[int, weakref.ref[Delta]] = {}
        self._nbytes = 0
        self._nbytes_away = 0
        # Whether the oldest was kept nowhere else when that was last tried.
        self._is_refused = False
        # Taken again by the thread that has it when a delta goes amidst.
        self._lock = RLock()

    @property
    def budget(self) -> int:
        """Bytes of deltas kept in memory; with fewer than before, the oldest are put away at once."""
        return self._budget

    @budget.setter
    def budget(self, nbytes: int) -> None:
        self._budget = nbytes
        self.trim()

    @property
    def nbytes(self) -> int:
        """Bytes of deltas held in memory."""
        return self._nbytes

    @property
    def nbytes_away(self) -> int:
        """Bytes of deltas that were put away."""
        return self._nbytes_away

    def count(self, delta: Delta) -> None:
        """Count a delta from now on until nobody holds it any more."""
        key = id(delta)
        with self._lock:
            if key in self._here or key in self._away:
                return
            size = delta.nbytes

            def gone(_: object) -> None:
                with self._lock:
                    if self._here.pop(key, None) is not None:
                        self._nbytes -= size
                    elif self._away.pop(key, None) is not None:
                        self._nbytes_away -= size

            self._here[key] = weakref.ref(delta, gone)
            self._nbytes += size

    def hold(self, delta: Delta) -> None:
        """Count a delta, and put older ones away if it is too much.

        Where the oldest is kept nowhere else, that is tried again with the next move alone: what is being worked out
        stays in memory until then, as it may be given up.
        """
        self.count(delta)
        if not self._is_refused:
            self.trim()

    def trim(self) -> None:
        """Put the oldest away, as far as they take more than the budget."""
        if self._keep is None or self._nbytes <= self._budget:
            return
        for delta in self._oldest():
            # Without the lock: whoever knows may wait for a thread that lets a delta go.
            read = self._keep(delta)
            self._is_refused = read is None
            if read is None:
                return
            with self._lock:
                if (reference := self._here.pop(id(delta), None)) is not None:
                    size = delta.nbytes
                    delta.put_away(read)
                    self._away[id(delta)] = reference
                    self._nbytes -= size
                    self._nbytes_away += size

    def _oldest(self) -> list[Delta]:
        oldest: list[Delta] = []
        with self._lock:
            # Somewhat more than that, so that not every move has to look for them.
            excess = self._nbytes - self._budget + self._budget // 8
            for delta in (reference() for reference in tuple(self._here.values())):
                if excess <= 0:
                    break
                if delta is not None:
                    oldest.append(delta)
                    excess -= delta.nbytes
        return oldest
