"""The hash of bytes, worked out by a thread of its own while they are read and after."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

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
        self._thread = ThreadPoolExecutor(1, "maskeditor-digest") if processors() > 1 else None

    @property
    def is_at_once(self) -> bool:
        """Whether a piece is worked out when `add` returns, so that the next may take its place."""
        return self._thread is None

    def __enter__(self) -> Digest:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        # What was taken is worked out behind the back of whoever goes on, unless there is nothing to go on with.
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=failed is not None)

    def add(self, piece: Array) -> Future[object] | None:
        """Take a contiguous piece, which must stay as it is until what is returned is done; None if it is at once."""
        data = np.ascontiguousarray(piece, piece.dtype.newbyteorder("<")).view(np.uint8).data
        if self._thread is not None:
            return self._thread.submit(self._digest.update, data)
        self._digest.update(data)
        return None

    def result(self) -> Future[str]:
        """Return what waits for the fingerprint of all pieces; none may follow."""
        if self._thread is not None:
            return self._thread.submit(fingerprint_of, self._digest)
        found: Future[str] = Future()
        found.set_result(fingerprint_of(self._digest))
        return found
