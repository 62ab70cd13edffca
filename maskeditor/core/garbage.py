"""Python's search for garbage, put off while very many objects are made that are all kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

#: Threads put the search off at the same time, and end in any order: who comes last lets it go on, if it went on before
#: the first came.
_lock, _putting_off, _collected = Lock(), 0, False


@contextmanager
def no_garbage() -> Iterator[None]:
    """Make many objects without looking for garbage between them, which may take as long as making them."""
    global _putting_off, _collected
    with _lock:
        if not _putting_off:
            _collected = gc.isenabled()
            gc.disable()
        _putting_off += 1
    try:
        yield
    finally:
        with _lock:
            _putting_off -= 1
            if not _putting_off and _collected:
                gc.enable()


@contextmanager
def for_good() -> Iterator[None]:
    """Make objects that stay until the program ends, as imports do: no search for garbage looks at them, ever.

    Half a million objects of imported modules take such a search 50 to 100 ms, during which all threads stand still.
    What else there is at the end is passed over as well, and freed as usual once nothing refers to it.
    """
    with no_garbage():
        yield
        gc.freeze()
