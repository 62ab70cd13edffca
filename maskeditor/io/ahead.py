"""The voxels of an image, read and summed up by threads while the program itself is still imported.

To read a large file and to work out its fingerprint takes about as long as all else that is done with it. A thread that
begins at once has mostly ended when they are asked for, and the other processor has nothing to do until then. Of a
series, which may be larger than memory and of which few volumes are looked at, nothing is held.
"""

from __future__ import annotations

import math
import mmap
import os
import stat
import struct
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import BinaryIO

from maskeditor.core.fingerprints import fingerprint_of, hasher

#: What a NIfTI-1 file begins with that is written little endian, and where it says what it is and where voxels begin.
_SIZE, _MAGIC, _START = 348, slice(344, 348), 108
#: Where it says how many axes there are and how long they are, and how many bits a voxel has.
_AXES, _BITS = 40, 72
#: Bytes read at a time. Between two pieces the thread must wait for its turn among those that run Python.
_PIECE = 1 << 24
#: Pieces at a time of what is not held: one is read, the other summed up.
_ROOMS = 2
#: Seconds between two reports to whoever waits.
_MOMENT = 0.1


class Ahead:
    """What is read ahead: from a byte on to the end of the file, as it was when it was opened.

    Attributes
    ----------
    file : (int, int, int)
        As `streams.ByteStream.state` gives it.
    start : int
    fingerprint : Future of str
        That of the bytes; "" comes of it where that has failed.
    """

    def __init__(self, file: tuple[int, int, int], start: int) -> None:
        self.file, self.start = file, start
        self.fingerprint: Future[str] = Future()
        self._bytes: Future[memoryview | None] = Future()
        self._at = 0

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.file[1] - self.start

    def wait(self, report: Callable[[float], object] | None = None) -> memoryview | None:
        """Return the bytes once they are read; None where they are not held, or that has failed.

        Parameters
        ----------
        report : callable of float, optional
            Given the fraction read now and then; may raise to stop.
        """
        while True:
            with suppress(TimeoutError):
                return self._bytes.result(_MOMENT)
            if report is not None:
                report(self._at / self.size)

    def read(self, file: BinaryIO, is_held: bool) -> None:
        """Read the file, and have another thread sum up each piece while the next is read."""
        if not is_held:  # whoever reads them need not wait
            self._bytes.set_result(None)
        found = ""
        # (RuntimeError: the program ends already.)
        failures = suppress(OSError, MemoryError, RuntimeError)
        try:
            with failures, file, ThreadPoolExecutor(1, "maskeditor-ahead-sum") as thread:
                digest, summed = hasher(), list[Future[object]]()
                whole = _room(self.size) if is_held else None
                rooms = [] if is_held else [_room(min(_PIECE, self.size)) for _ in range(_ROOMS)]
                file.seek(self.start)
                while self._at < self.size:
                    if whole is not None:
                        room = whole[self._at : self._at + _PIECE]
                    else:
                        room = rooms[len(summed) % _ROOMS]
                        if len(summed) >= _ROOMS:
                            summed[-_ROOMS].result()
                    if not (count := file.readinto(room)):  # type: ignore[attr-defined]
                        break
                    summed.append(thread.submit(digest.update, room[:count]))
                    self._at += count
                if self._at == self.size and _state(file) == self.file:
                    if is_held:
                        self._bytes.set_result(whole)
                    found = thread.submit(fingerprint_of, digest).result()
        finally:
            # Whoever waits must not do so for ever.
            if not self._bytes.done():
                self._bytes.set_result(None)
            self.fingerprint.set_result(found)


_begun: list[Ahead] = []


def begin(path: str) -> None:
    """Begin to read the voxels in a plain NIfTI-1 file and to work out their fingerprint; of others, nothing is done.

    What is wrong with a file, whoever reads it will say.
    """
    with suppress(OSError):
        if not stat.S_ISREG(os.stat(path).st_mode):  # to open a pipe would wait for ever  # noqa: PTH116
            return
        file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 - pathlib takes time to import
        header, state = file.read(_SIZE), _state(file)
        start = _start_of_voxels(header)
        if start is None or start >= state[1]:
            file.close()
            return
        ahead = Ahead(state, start)
        _begun.append(ahead)
        # What is not waited for must not hold up the end of the program.
        is_held = sys.byteorder == "little" and _is_volume(header, ahead.size)
        Thread(target=ahead.read, args=(file, is_held), name="maskeditor-ahead", daemon=True).start()


def take(file: tuple[int, int, int], start: int, count: int) -> Ahead | None:
    """Return what was begun for bytes of a file, if it was; it is the caller's own from now on.

    Parameters
    ----------
    file : (int, int, int)
        As `streams.ByteStream.state` gives it.
    start, count : int
        Where the bytes begin, and how many there are.
    """
    for place, one in enumerate(_begun):
        if (one.file, one.start, one.size) == (file, start, count):
            return _begun.pop(place)
    return None


def _start_of_voxels(header: bytes) -> int | None:
    """Return where the voxels begin in a file of such a header, or None for one that is not summed up."""
    if len(header) < _SIZE or header[:4] != _SIZE.to_bytes(4, "little") or header[_MAGIC] != b"n+1\0":
        return None
    (start,) = struct.unpack_from("<f", header, _START)
    return int(start) if _SIZE <= start < math.inf else None


def _is_volume(header: bytes, size: int) -> bool:
    """Whether so many bytes are those of an image of three axes, and no others."""
    axes, *lengths = struct.unpack_from("<4h", header, _AXES)
    (bits,) = struct.unpack_from("<h", header, _BITS)
    return bool(axes == 3 and min(lengths) > 0 and 8 * size == bits * math.prod(lengths))


def _room(size: int) -> memoryview:
    """Return memory in pages as large as the system has them: to make many small ones takes as long as to read."""
    if sys.platform != "linux":
        return memoryview(bytearray(size))
    room = mmap.mmap(-1, size, mmap.MAP_PRIVATE)
    with suppress(OSError):  # not every kernel has large ones
        room.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(room)


def _state(file: BinaryIO) -> tuple[int, int, int]:
    found = os.fstat(file.fileno())
    return found.st_ino, found.st_size, found.st_mtime_ns
