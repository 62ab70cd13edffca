"""Results that are needed again, kept within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import numpy as np

if TYPE_CHECKING:
    pass


class _Kept(NamedTuple):
    """A result, its bytes, and what it was made from, if anything."""

    result: Any
    nbytes: int
    owner: ref[Any] | None


class Intermediates:
    """Results that a preview needs again (a mean, a smoothed image), kept within a number of bytes.

    Parameters
    ----------
    budget : int
        Bytes kept; the least recently used go first. One result larger than the budget is kept alone.

    Examples
    --------
    >>> kept = Intermediates(budget=1000)
    >>> kept.get("ones", lambda: np.ones(3)) is kept.get("ones", lambda: np.zeros(3))
    True
    """

    def __init__(self, budget: int = 1 << 30) -> None:
        self.budget = budget
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        # Taken again by the thread that has it when a result is dropped amidst, because its owner has gone.
        self._lock = RLock()

    def get(
        self,
        key: Hashable,
        make: Callable[[], Any],
        *,
        of: object = None,
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
        fits : callable, optional
            Tells whether a result that is kept is still right; it is made anew otherwise.
        """
        whole = (id(of), key)
        with self._lock:
            kept = self._kept.get(whole)
            if kept is not None:
                self._kept.move_to_end(whole)
        if kept is not None and (fits is None or fits(kept.result)):
            return kept.result
        # Made outside the lock: a cancelled or slow maker must not hold up others.
        made = make()
        if isinstance(made, np.ndarray):
            made.setflags(write=False)
        owner = None if of is None else ref(of, lambda _: self._drop(whole))
        with self._lock:
            self._kept[whole] = _Kept(made, made.nbytes, owner)
            while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > self.budget:
                self._kept.popitem(last=False)
        return made

    def has(self, key: Hashable, of: object = None) -> bool:
        """Tell whether a result is kept under a key."""
        with self._lock:
            return (id(of), key) in self._kept

    def _drop(self, whole: Hashable) -> None:
        with self._lock:
            self._kept.pop(whole, None)

    def clear(self) -> None:
        """Drop everything kept."""
        with self._lock:
            self._kept.clear()
