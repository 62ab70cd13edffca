"""The log beside a journal, which SQLite reads up to the first flaw and no further: is there more behind it?

SQLite takes what follows a flaw for the rest of an older log, says nothing, and removes all of it when the file is
closed. So it is looked at here before SQLite opens it. Its format is described in
https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Bytes of the log's header, and of the one before each page; the two are a frame.
_HEADER, _OF_FRAME = 32, 24
_MAGIC, _VERSION = 0x377F0682, 3007000
#: Bytes of a page, unless the header says otherwise.
_PAGE = 4096
#: Frames read at a time.
_TOGETHER = 256


class Unread(NamedTuple):
    """What SQLite does not read of a log.

    Parameters
    ----------
    transactions : int
        Those that were finished, and lie behind something that is damaged. What a program that was killed had not
        finished does not count.
    nbytes : int
        All that is not read, be it what was not finished, or the rest of an older log.
    """

    transactions: int
    nbytes: int


#: Of a journal without a log.
ALL_READ = Unread(0, 0)


def unread(path: Path) -> Unread:
    """Return what SQLite does not read of the log beside a journal."""
    log = Path(f"{path.resolve()}-wal")
    if not log.is_file():
        return ALL_READ
    with log.open("rb") as file:
        return _unread(file, log.stat().st_size)


def _unread(file: BinaryIO, nbytes: int) -> Unread:
    header = file.read(_HEADER)
    if len(header) < _HEADER:
        return Unread(0, nbytes)
    magic, version, size, _, *salts, one, two = struct.unpack(">8I", header)
    order = ">u4" if magic & 1 else "<u4"
    (own,) = _Checksum(24).of(np.frombuffer(header[:24], order)[None]).tolist()
    is_read = magic & ~1 == _MAGIC and version == _VERSION and own == [one, two]
    if is_read:
        nbytes -= _HEADER
    else:
        size, salts = _PAGE, []
    checksum, missed = _Checksum(8 + size), 0
    for heads, content in _frames(file, size):
        owns = checksum.of(content.view(order)) if is_read else np.zeros((len(heads), 2), np.uint32)
        for (page, ends, *marks, s, t), own in zip(heads.tolist(), owns.tolist(), strict=True):
            salts = salts or marks
            if is_read:
                one, two = checksum.after(one, two, own)
                is_read = page > 0 and marks == salts and (one, two) == (s, t)
            if is_read:
                nbytes -= _OF_FRAME + size
            # One damaged number does not make a frame that of an older log, of which the rest may still be there.
            elif ends and (marks[0] == salts[0] or marks[1] == salts[1]):
                missed += 1
    return Unread(missed, nbytes)


def _frames(file: BinaryIO, size: int) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.uint8]]]:
    """Yield the numbers before some pages (n, 6), and what their checksums are made of (n, bytes).

    What was cut off was never finished.
    """
    whole = _OF_FRAME + size
    while len(piece := file.read(_TOGETHER * whole)) >= whole:
        frames = np.frombuffer(piece[: len(piece) // whole * whole], np.uint8).reshape(-1, whole)
        heads = np.ascontiguousarray(frames[:, :_OF_FRAME]).view(">u4").astype(np.uint32)
        yield heads, np.ascontiguousarray(np.delete(frames, np.s_[8:_OF_FRAME], axis=1))


class _Checksum:
    """The checksum of so many bytes, which goes on from the one before: a linear function of both, modulo 2³².

    With each pair of words x and y, a checksum (s, t) becomes (s + t + x, s + 2 t + x + y).

    Parameters
    ----------
    size : int
        Bytes, a multiple of 8.
    """

    def __init__(self, size: int) -> None:
        weights = []
        p, q, r = 1, 0, 1  # (s, t) has become (p s + q t, q s + r t)
        for _ in range(size // 8):
            weights += [(q, r), (p + q, q + r)]
            p, q, r = (number % 2**32 for number in (p + q, q + r, q + 2 * r))
        self._weights = np.array(weights[::-1], np.uint64).astype(np.uint32)
        self._of_before = p, q, r

    def of(self, words: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Return the checksums (n, 2) of rows of words (n, size / 4), as if each were the first."""
        return words.astype(np.uint32) @ self._weights

    def after(self, one: int, two: int, own: list[int]) -> tuple[int, int]:
        """Return the checksum that follows another, by the row's own."""
        p, q, r = self._of_before
        return (p * one + q * two + own[0]) % 2**32, (q * one + r * two + own[1]) % 2**32
