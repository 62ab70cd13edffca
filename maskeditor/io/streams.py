"""Bytes from plain and packed files, in pieces that fit the cache, with errors in plain words."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from isal import igzip, isal_zlib

from maskeditor.core.errors import FileError
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter

#: Bytes read or written at a time: what was just read is still in the cache when it is worked on.
PIECE = 1 << 20
#: Bytes read at a time where another thread goes on with them, as to hash them: of smaller pieces, both would wait for
#: each other all the time.
BLOCK = 2 * PIECE
_DAMAGED: tuple[type[Exception], ...] = (gzip.BadGzipFile, zlib.error, isal_zlib.error, zstandard.ZstdError)  # type: ignore[assignment]
#: Packed bytes given to zstandard at a time: what comes of them, however crafted, takes a few megabytes.
_ZSTANDARD_STEP = 256
#: Why half of what was read may be of this and half of that, and what to do.
WRITTEN_TO = "another program wrote to it while it was read; let that end, and open it again."
#: Why the system refuses a file, and what to do with one that is to be read.
_REASONS = {
    errno.ENOENT: ("it does not exist", "check its name and folder"),
    errno.EACCES: ("it may not be read or written by you", "ask its owner, or copy it"),
    errno.EPERM: ("it may not be read or written by you", "ask its owner, or copy it"),
    errno.EROFS: ("the disk is read-only", "copy it to another disk"),
    errno.ENOSPC: ("the disk is full", "make room first"),
    errno.EDQUOT: ("your share of the disk is used up", "make room first"),
    errno.EISDIR: ("it is a folder", "give a file"),
    errno.ENOTDIR: ("its folder does not exist", "check its name and folder"),
    errno.ELOOP: ("its symbolic links lead round in a circle", "remove the link, or give the file itself"),
    errno.EIO: ("the disk reports an error", "copy it from where it came, or try again"),
    errno.ENAMETOOLONG: ("its name is longer than the disk takes", "check its name and folder"),
    errno.ENODEV: ("it is no file but a pipe, a socket or a device", "write it into a file first"),
}


class HeaderError(FileError):
    """A header that describes no image; the text goes on after the file's name."""


def reason(error: OSError) -> str:
    """Return why the system refused, in words."""
    return _known(error)[0]


def _known(error: OSError) -> tuple[str, str]:
    """Return why the system refused, and what to do."""
    return _REASONS.get(error.errno or 0, ((error.strerror or str(error)).lower(), "give another file"))


@contextmanager
def reading(path: Path, remedy: str = "") -> Iterator[None]:
    """Turn everything that can go wrong while `path` is read into one sentence that names it.

    Parameters
    ----------
    path : Path
    remedy : str
        What to do where the system refuses the file; unless given, what the reason suggests.

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
    except _DAMAGED as error:
        if isinstance(error, zstandard.ZstdError) and "memory" in str(error):
            raise FileError(
                f"{path.name} was packed so that unpacking it takes more than 128 MB; pack it again without --long."
            ) from None
        raise FileError(f"{path.name} is damaged: its packed bytes are not valid; copy it again.") from None
    except MemoryError:
        raise FileError(f"{path.name} does not fit into memory; close other programs or crop it.") from None
    except OSError as error:
        # bz2 says only so that its bytes are wrong.
        if error.errno is None:
            raise FileError(f"{path.name} is damaged: its packed bytes are not valid; copy it again.") from None
        raise FileError(f"{path.name} cannot be opened: {reason(error)}; {remedy or _known(error)[1]}.") from None


@contextmanager
def looking(path: Path) -> Iterator[None]:
    """Turn what is wrong with the place of a file to be written into one sentence that names it.

    Raises
    ------
    FileError
        With the file's name and the reason.
    """
    try:
        yield
    except OSError as error:
        raise FileError(f"{path.name} was not written: {reason(error)}; choose another name.") from None


def no_pipe(path: Path) -> None:
    """Raise `OSError` for what is there but no file: to open a pipe waits for ever, and a device has no end."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))


class _Zstandard(io.RawIOBase):
    """The bytes in zstandard frames, unpacked a little at a time; a frame that is cut short raises EOFError."""

    def __init__(self, plain: io.FileIO) -> None:
        self._packed = io.BufferedReader(plain, PIECE)
        self._frame: Any = None
        self._behind = b""
        self._bytes = memoryview(b"")

    def readable(self) -> bool:
        """It is read only."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill as much of a buffer as is at hand; return 0 at the end."""
        while not self._bytes:
            packed = self._behind or self._packed.read(_ZSTANDARD_STEP)
            if not packed:
                if self._frame is not None:
                    raise EOFError
                return 0
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._bytes, self._behind = memoryview(self._frame.decompress(packed)), b""
            if self._frame.eof:
                self._behind, self._frame = self._frame.unused_data, None
        count = min(len(buffer), len(self._bytes))
        buffer[:count], self._bytes = self._bytes[:count], self._bytes[count:]
        return count


@dataclass(frozen=True)
class _Packing:
    """How files are packed.

    Parameters
    ----------
    mark : bytes
        What they begin with.
    most : int
        The most bytes that one packed byte can stand for; a header that claims more lies.
    open : callable
        Makes a reader of unpacked bytes from a plain file.
    """

    mark: bytes
    most: int
    open: Callable[[io.FileIO], Any]


_PACKINGS = (
    _Packing(b"\x1f\x8b", 1032, igzip.open),
    _Packing(b"BZh", 1 << 21, bz2.BZ2File),
    _Packing(b"\x28\xb5\x2f\xfd", 1 << 15, _Zstandard),
    # pzstd begins with a frame to be skipped.
    _Packing(b"\x50\x2a\x4d\x18", 1 << 15, _Zstandard),
)


def _packing(start: bytes) -> _Packing | None:
    return next((one for one in _PACKINGS if start.startswith(one.mark)), None)


def begins_packed(start: bytes) -> bool:
    """Whether bytes begin as those of a packed file do."""
    return _packing(start) is not None


class ByteStream:
    """A plain or packed file (gzip, bzip2 or zstandard, by its first bytes) that is read from start to end.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        no_pipe(path)
        plain = path.open("rb", buffering=0)
        try:
            start = plain.read(max(len(packing.mark) for packing in _PACKINGS))
            plain.seek(0)
        except OSError:
            plain.close()
            raise
        packing = _packing(start)
        self._plain = plain
        self._state = self.state
        self._file: Any = packing.open(plain) if packing else plain
        self._expansion = packing.most if packing else 1
        # The reader inside spares a copy of every piece (a seventh of the time), where it exists.
        self._stream = getattr(self._file, "_buffer", self._file)
        self._position = 0

    def __enter__(self) -> ByteStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._plain.close()

    @property
    def is_packed(self) -> bool:
        """Whether the file is packed."""
        return self._file is not self._plain

    @property
    def most(self) -> int:
        """The most bytes that the file can hold when unpacked."""
        _, size, _ = self._state
        return size * self._expansion

    def read(self, count: int) -> bytes:
        """Return the next bytes, fewer only at the end of the file."""
        pieces, missing = [], count
        while missing and (piece := self._stream.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
        self._position += count - missing
        return b"".join(pieces)

    def skip_to(self, position: int, report: Reporter | None = None) -> None:
        """Go forward to a position in the unpacked bytes; `report` may stop that."""
        if not self.is_packed:
            self._stream.seek(position)
            self._position = position
        while self._position < position:
            if not self.read(min(PIECE, position - self._position)):
                raise EOFError
            if report is not None:
                report(0.0)

    def fill(
        self,
        flat: Array,
        *,
        swap: bool = False,
        report: Reporter | None = None,
        show: Callable[[Array], object] | None = None,
        at_a_time: int = PIECE,
    ) -> None:
        """Read values into a one-dimensional array, in place.

        Parameters
        ----------
        flat : (N,) contiguous array
        swap : bool
            Whether the file has the other byte order than this machine.
        report : callable of float, optional
        show : callable of (N,) array, optional
            Given each piece once it is read.
        at_a_time : int
            Bytes of a piece.

        Raises
        ------
        EOFError
            If the file ends before the array is full.
        """
        step = at_a_time // flat.itemsize
        for start in range(0, flat.size, step):
            piece = flat[start : start + step]
            self._read_into(piece.view(np.uint8).data)
            if swap:
                piece.byteswap(inplace=True)
            if show is not None:
                show(piece)
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

    @property
    def state(self) -> tuple[int, int, int]:
        """What tells the file as it is now from another, and from itself once somebody has written to it."""
        found = os.fstat(self._plain.fileno())
        return found.st_ino, found.st_size, found.st_mtime_ns

    def finish(self, report: Reporter | None = None) -> None:
        """Read a packed file to its end, which checks its sum; of any file, see that it is as it was at the start.

        Raises
        ------
        HeaderError
            If another program has written to it meanwhile: what was read may be half of this and half of that.
        """
        while self.is_packed and self._stream.read(PIECE):
            if report is not None:
                report(1.0)
        if self.state != self._state:
            raise HeaderError(WRITTEN_TO)


def first_bytes(path: Path, count: int) -> tuple[bytes, bool]:
    """Return the first bytes of a file, unpacked, and whether it is packed.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    with reading(path), ByteStream(path) as stream:
        return stream.read(count), stream.is_packed
