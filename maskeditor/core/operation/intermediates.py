"""Results that are needed again, kept within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Event, RLock
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from maskeditor.engine.memory_pool import results


class _Kept(NamedTuple):
    """A result, and what it was made from, if anything."""

    result: Any
    owner: ref[Any] | None


class Intermediates:
    """Results that a preview needs again (a mean, a smoothed image), kept within a number of bytes.

    They go when they are too much, when what they were made from goes, and when the document comes to `rest`.

    Parameters
    ----------
    budget : int
        Bytes kept; the least recently used go first, before what is asked for is made. One result larger than the
        budget is kept alone, until `trim`.

    Examples
    --------
    >>> kept = Intermediates(budget=1000)
    >>> kept.get("ones", lambda: np.ones(3)) is kept.get("ones", lambda: np.zeros(3))
    True
    """

    def __init__(self, budget: int = 1 << 29) -> None:
        self.budget = budget
        # Arrays that went at rest, for as long as somebody else holds them, as a window does the mean that it shows.
        self._elsewhere: dict[Hashable, _Kept] = {}
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        # Taken again by the thread that has it when a result is dropped amidst, because its owner has gone.
        self._lock = RLock()
        # What is being made that others wait for.
        self._making: dict[Hashable, Event] = {}

    def get(
        self,
        key: Hashable,
        make: Callable[[], Any],
        *,
        of: object = None,
        nbytes: int = 0,
        fits: Callable[[Any], bool] | None = None,
    ) -> Any:
        """Return the result kept under a key, made first if there is none.

        Parameters
        ----------
        key : hashable
        make : callable
            Returns an array, which is made read-only, or something that has `nbytes`.
        of : object, optional
            What the result was made from, such as a volume: part of the key, by identity. The result is dropped with
            it; it must not be held by the result, or neither would ever go.
        nbytes : int
            Bytes that the result will take at least, for which room is made before it is made.
        fits : callable, optional
            Tells whether a result that is kept is still right; it is made anew otherwise.
        """
        whole = (id(of), key)
        with self._lock:
            kept = self._kept.get(whole)
            if kept is not None:
                self._kept.move_to_end(whole)
            elif (there := self._there(whole)) is not None:
                return self._keep(whole, there, of)
            else:
                self._make_room(nbytes)
        if kept is not None and (fits is None or fits(kept.result)):
            return kept.result
        if nbytes:
            results.free_idle()
        # Made outside the lock: a cancelled or slow maker must not hold up others.
        made = make()
        if isinstance(made, np.ndarray):
            made.setflags(write=False)
        return self._keep(whole, made, of)

    def get_once(
        self,
        key: Hashable,
        make: Callable[[], Any],
        *,
        waiting: Callable[[], None],
        of: object = None,
        nbytes: int = 0,
    ) -> Any:
        """Return a result as `get` does, which takes so long that another thread waits for it instead of making it too.

        Parameters
        ----------
        key, make, of, nbytes
            As for `get`.
        waiting : callable
            Called again and again while another thread makes it; may raise to cancel.
        """
        whole = (id(of), key)
        mine = Event()
        while True:
            with self._lock:
                theirs = self._making.setdefault(whole, mine)
            if theirs is mine:
                break
            waiting()
            theirs.wait(0.02)
        try:
            return self.get(key, make, of=of, nbytes=nbytes)
        finally:
            with self._lock:
                del self._making[whole]
            mine.set()

    def _keep(self, whole: Hashable, made: Any, of: object) -> Any:
        owner = None if of is None else ref(of, lambda _: self._drop(whole))
        with self._lock:
            self._make_room(made.nbytes)
            self._kept[whole] = _Kept(made, owner)
        return made

    def _make_room(self, nbytes: int) -> None:
        with self._lock:
            while self._kept and self.nbytes + nbytes > self.budget:
                self._kept.popitem(last=False)

    @property
    def nbytes(self) -> int:
        """Bytes of the results that are kept."""
        with self._lock:
            return sum(one.result.nbytes for one in self._kept.values())

    def has(self, key: Hashable, of: object = None) -> bool:
        """Tell whether a result is kept under a key."""
        with self._lock:
            return (id(of), key) in self._kept or self._there((id(of), key)) is not None

    def _there(self, whole: Hashable) -> Any:
        """Return an array that somebody else holds, or None."""
        there = self._elsewhere.get(whole)
        return None if there is None else there.result()

    def _drop(self, whole: Hashable) -> None:
        with self._lock:
            self._kept.pop(whole, None)
            self._elsewhere.pop(whole, None)

    def trim(self) -> None:
        """Drop a result that is larger than the budget, as what asked for it is done."""
        self._make_room(0)

    def rest(self) -> None:
        """Drop everything kept; an array that is held elsewhere too is found again as long as it is."""
        with self._lock:
            arrays = {whole: kept for whole, kept in self._kept.items() if isinstance(kept.result, np.ndarray)}
            elsewhere = {whole: there for whole, there in self._elsewhere.items() if there.result() is not None}
            self._elsewhere = elsewhere | {
                whole: kept._replace(result=ref(kept.result)) for whole, kept in arrays.items()
            }
            self._kept.clear()

    def clear(self) -> None:
        """Drop everything kept."""
        with self._lock:
            self._kept.clear()
            self._elsewhere.clear()
