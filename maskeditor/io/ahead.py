"""The fingerprint of an image's voxels, worked out by a thread while the program itself is still imported.

To sum up a large file takes about as long as all else that is done with it. A thread that begins at once has mostly
ended when the sum is asked for, and the other processor has nothing to do until then.
"""

from __future__ import annotations

import math
import os
import stat
import struct
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import BinaryIO, NamedTuple

from maskeditor.core.fingerprints import fingerprint_of, hasher

#: What a NIfTI-1 file begins with that is written little endian, and where it says what it is and where voxels begin.
_SIZE, _MAGIC, _START = 348, slice(344, 348), 108
#: Bytes read at a time. Between two pieces the thread must wait for its turn among those that run Python.
_PIECE = 1 << 24
#: Pieces that are held: one is read, the other summed up.
_ROOMS = 2


class _Ahead(NamedTuple):
    """What is summed up: from a byte on to the end of the file, as it was when it was opened."""

    file: tuple[int, int, int]
    start: int
    fingerprint: Future[str]


_begun: list[_Ahead] = []


def begin(path: str) -> None:
    """Begin to work out the fingerprint of the voxels in a plain NIfTI-1 file; of anything else, nothing is done.

    What is wrong with a file, whoever reads it will say.
    """
    with suppress(OSError):
        if not stat.S_ISREG(os.stat(path).st_mode):  # to open a pipe would wait for ever  # noqa: PTH116
            return
        file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 - pathlib takes time to import
        if (start := _start_of_voxels(file.read(_SIZE))) is None:
            file.close()
            return
        ahead = _Ahead(_state(file), start, Future())
        _begun.append(ahead)
        # What is not waited for must not hold up the end of the program.
        Thread(target=_sum_up, args=(file, ahead), name="maskeditor-ahead", daemon=True).start()


def _start_of_voxels(header: bytes) -> int | None:
    """Return where the voxels begin in a file of such a header, or None for one that is not summed up."""
    if len(header) < _SIZE or header[:4] != _SIZE.to_bytes(4, "little") or header[_MAGIC] != b"n+1\0":
        return None
    (start,) = struct.unpack_from("<f", header, _START)
    return int(start) if _SIZE <= start < math.inf else None


def fingerprint_ahead(file: tuple[int, int, int], start: int, count: int) -> Future[str] | None:
    """Return what waits for the fingerprint of bytes of a file, if that was begun; "" comes of it where it has failed.

    Parameters
    ----------
    file : (int, int, int)
        As `streams.ByteStream.state` gives it.
    start, count : int
        Where the bytes begin, and how many there are.
    """
    return next((one.fingerprint for one in _begun if one[:2] == (file, start) and file[1] == start + count), None)


def _sum_up(file: BinaryIO, ahead: _Ahead) -> None:
    """Read a file, and have another thread sum up each piece while the next is read."""
    found = ""
    try:
        # (RuntimeError: the program ends already.)
        with (
            suppress(OSError, MemoryError, RuntimeError),
            file,
            ThreadPoolExecutor(1, "maskeditor-ahead-sum") as thread,
        ):
            digest, size = hasher(), min(_PIECE, ahead.file[1])
            rooms: list[tuple[memoryview, Future[object]]] = []
            file.seek(ahead.start)
            while True:
                if len(rooms) < _ROOMS:
                    room = memoryview(bytearray(size))
                else:
                    room, done = rooms.pop(0)
                    done.result()
                if not (count := file.readinto(room)):  # type: ignore[attr-defined]
                    break
                rooms.append((room, thread.submit(digest.update, room[:count])))
            if _state(file) == ahead.file:
                found = thread.submit(fingerprint_of, digest).result()
    finally:
        # Whoever waits must not do so for ever.
        ahead.fingerprint.set_result(found)


def _state(file: BinaryIO) -> tuple[int, int, int]:
    found = os.fstat(file.fileno())
    return found.st_ino, found.st_size, found.st_mtime_ns
