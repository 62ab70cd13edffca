"""The hash of bytes, worked out by a thread of its own while they are read and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from isal import isal_zlib

from maskeditor.core.fingerprints import fingerprint_of, hasher
from maskeditor.engine.arrays import Array
from maskeditor.engine.parallel import processors

#: Bytes of a file that are read at a time, always into the same memory: they are still in the cache when summed up.
_PIECE = 1 << 18


def checksum(files: Iterable[Path]) -> str:
    """Return the CRC-32 of the bytes of files one after the other: enough to see that they changed, and soon done.

    Raises
    ------
    OSError
        If one cannot be read.

    Examples
    --------
    >>> checksum([])
    '00000000'
    """
    found, piece = 0, memoryview(bytearray(_PIECE))
    for path in files:
        with path.open("rb", buffering=0) as file:
            while count := file.readinto(piece):
                found = isal_zlib.crc32(piece[:count], found)
    return f"{found:08x}"


class _AtOnce(Executor):
    """Does what it is given before it returns."""

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*given, **named))
        return done


class Digest:
    """The fingerprint of values that come piece by piece, little endian as in most files; see `provenance.fingerprint`.

    Examples
    --------
    >>> with Digest() as digest:
    ...     for piece in (np.zeros(3, np.int16), np.ones(2, np.int16)):
    ...         _ = digest.add(piece)
    ...     digest.result().result()[:15]
    'blake3:681dbf23'
    """

    def __init__(self) -> None:
        self._digest = hasher()
        # One thread takes the pieces in the order in which they come; it would only be in the way on one processor.
        self._thread = ThreadPoolExecutor(1, "maskeditor-digest") if processors() > 1 else _AtOnce()

    @property
    def is_at_once(self) -> bool:
        """Whether a piece is worked out when `add` returns, so that the next may take its place."""
        return isinstance(self._thread, _AtOnce)

    def __enter__(self) -> Digest:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        # What was taken is worked out behind the back of whoever goes on, unless there is nothing to go on with.
        self._thread.shutdown(wait=False, cancel_futures=failed is not None)

    def add(self, piece: Array) -> Future[object]:
        """Take a contiguous piece, which must stay as it is until the result is done."""
        plain = np.ascontiguousarray(piece, piece.dtype.newbyteorder("<"))
        return self._thread.submit(self._digest.update, plain.view(np.uint8).data)

    def result(self) -> Future[str]:
        """Return what waits for the fingerprint of all pieces; none may follow."""
        return self._thread.submit(fingerprint_of, self._digest)
