"""Bytes from plain and gzip files, in pieces that fit the cache, with errors in plain words."""

from __future__ import annotations

import errno
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from isal import igzip, isal_zlib

from maskeditor.core.errors import FileError
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter

#: Bytes read or written at a time: what was just read is still in the cache when it is worked on.
PIECE = 1 << 20
#: The most that deflate can shrink; a header that claims more lies.
_MOST_DEFLATE = 1032
_DAMAGED: tuple[type[Exception], ...] = (gzip.BadGzipFile, zlib.error, isal_zlib.error)  # type: ignore[assignment]
_REASONS = {
    errno.ENOENT: "it does not exist",
    errno.EACCES: "it may not be read or written by you",
    errno.EPERM: "it may not be read or written by you",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "its folder does not exist",
    errno.ELOOP: "its symbolic links lead round in a circle",
    errno.EIO: "the disk reports an error",
}


class HeaderError(FileError):
    """A header that describes no image; the text goes on after the file's name."""


def reason(error: OSError) -> str:
    """Return why the system refused, in words."""
    return _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn everything that can go wrong while `path` is read into one sentence that names it.

    Raises
    ------
    FileError
        With the file's name and the reason.
    """
    try:
        yield
    except HeaderError as error:
        raise FileError(f"{path.name} cannot be opened: {error}") from None
    except EOFError:
        raise FileError(f"{path.name} ends too early: it was cut short; copy or download it again.") from None
    except _DAMAGED:
        raise FileError(f"{path.name} is damaged: its packed bytes are not valid; copy it again.") from None
    except MemoryError:
        raise FileError(f"{path.name} does not fit into memory; close other programs or crop it.") from None
    except OSError as error:
        raise FileError(f"{path.name} cannot be opened: {reason(error)}.") from None


class ByteStream:
    """A plain or gzip file (told apart by its first bytes) that is read from start to end.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        plain = path.open("rb", buffering=0)
        try:
            self.compressed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            self._bytes_in_file = os.fstat(plain.fileno()).st_size
        except OSError:
            plain.close()
            raise
        self._plain = plain
        self._file: Any = igzip.open(plain) if self.compressed else plain  # type: ignore[no-untyped-call]
        # The reader inside spares a copy of every piece (a seventh of the time), where it exists.
        self._stream = getattr(self._file, "_buffer", self._file)
        self._position = 0

    def __enter__(self) -> ByteStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._plain.close()

    @property
    def most(self) -> int:
        """The most bytes that the file can hold when unpacked."""
        return self._bytes_in_file * (_MOST_DEFLATE if self.compressed else 1)

    def take(self, count: int) -> bytes:
        """Return the next bytes, fewer only at the end of the file."""
        pieces, missing = [], count
        while missing and (piece := self._stream.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
        self._position += count - missing
        return b"".join(pieces)

    def skip_to(self, position: int) -> None:
        """Go forward to a position in the unpacked bytes."""
        if not self.compressed:
            self._stream.seek(position)
            self._position = position
        while self._position < position:
            if not self.take(min(PIECE, position - self._position)):
                raise EOFError

    def fill(self, flat: Array, *, swap: bool = False, report: Reporter | None = None) -> None:
        """Read values into a one-dimensional array, in place.

        Parameters
        ----------
        flat : (N,) contiguous array
        swap : bool
            Whether the file has the other byte order than this machine.
        report : callable of float, optional

        Raises
        ------
        EOFError
            If the file ends before the array is full.
        """
        step = PIECE // flat.itemsize
        for start in range(0, flat.size, step):
            piece = flat[start : start + step]
            self._read_into(piece.view(np.uint8).data)
            if swap:
                piece.byteswap(inplace=True)
            if report is not None:
                report((start + piece.size) / flat.size)

    def _read_into(self, view: memoryview) -> None:
        readinto = self._stream.readinto
        done = 0
        while done < len(view):
            count = readinto(view[done:])
            if not count:
                raise EOFError
            done += count
        self._position += done

    def finish(self) -> None:
        """Read a compressed file to its end, which checks its sum."""
        while self.compressed and self._stream.read(PIECE):
            pass
