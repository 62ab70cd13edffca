"""The voxels of a file, read from where its header says that they begin.

Of every format whose voxels lie in the file one after the other, in Fortran order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.streams import BLOCK, PIECE, ByteStream

#: Voxels looked at together for a number, which mostly are the first.
_LOOK = 1 << 12


def check_size(stream: ByteStream, name: str, offset: int, shape: tuple[int, ...], stored: np.dtype[Any]) -> None:
    """Raise `FileError` if a file cannot hold the voxels that its header states.

    Parameters
    ----------
    stream : ByteStream
    name : str
        Of the file, for the sentence.
    offset : int
        Where the voxels begin.
    shape : tuple of int
    stored : numpy type
    """
    # A lying header must not make the program ask for terabytes.
    if offset + math.prod(shape) * stored.itemsize > stream.most:
        states = f"{' × '.join(map(str, shape))} voxels"
        if offset > stream.most:
            states = f"that its voxels begin at byte {offset}"
        raise FileError(
            f"{name} ends too early: its header states {states}, more than the file can hold; copy or download it "
            "again."
        )


def check_to_the_end(
    stream: ByteStream, offset: int, shape: tuple[int, ...], stored: np.dtype[Any], report: Reporter | None = None
) -> list[int]:
    """Raise what `read_voxels` would, and keep no voxel: of a packed file only its end shows whether it is whole.

    Parameters
    ----------
    stream, offset, shape, stored
        As for `check_size`.
    report : callable of float, optional

    Returns
    -------
    list of int
        The volumes that hold no number at all; of each, no more is read than to its first.
    """
    size = math.prod(shape[:3])
    empty = []
    for volume in range(math.prod(shape[3:]) if stored.kind == "f" else 0):
        stream.skip_to(offset + volume * size * stored.itemsize, report)
        piece = np.empty(min(size, _LOOK), stored.newbyteorder("="))
        for start in range(0, size, piece.size):
            part = piece[: size - start]
            stream.fill(part, swap=not stored.isnative)
            if np.isfinite(part).any():
                break
        else:
            empty.append(volume)
    if stream.is_packed:
        stream.skip_to(offset + math.prod(shape) * stored.itemsize, report)
        stream.finish(report)
    return empty


def read_voxels(
    stream: ByteStream,
    name: str,
    offset: int,
    shape: tuple[int, ...],
    stored: np.dtype[Any],
    report: Reporter | None = None,
    show: Callable[[Array], object] | None = None,
    first: Callable[[Array], object] | None = None,
) -> Array:
    """Return the voxels of a file: an array of a shape in Fortran order and native byte order, of the stored type.

    Parameters
    ----------
    stream, name, offset, shape, stored
        As for `check_size`.
    report : callable of float, optional
    show : callable of (N,) array, optional
        Given each block once it is read, in the order of the file.
    first : callable of (I, J, K) array, optional
        Of a series, given the first volume before the others are read.

    Raises
    ------
    FileError, EOFError
        If the file ends before.
    """
    check_size(stream, name, offset, shape, stored)
    flat = np.empty(math.prod(shape), stored.newbyteorder("="))
    stream.skip_to(offset, report)
    rest, at_a_time = flat, PIECE if show is None else BLOCK
    if first is not None and len(shape) > 3:
        rest = flat[math.prod(shape[:3]) :]
        stream.fill(flat[: -rest.size], swap=not stored.isnative, show=show, at_a_time=at_a_time)
        first(flat[: -rest.size].reshape(shape[:3], order="F"))
    stream.fill(rest, swap=not stored.isnative, report=report, show=show, at_a_time=at_a_time)
    return flat.reshape(shape, order="F")


def read_middle(stream: ByteStream, offset: int, shape: tuple[int, ...], stored: np.dtype[Any]) -> Array:
    """Return the middle slice of the first volume, (I, J) values as stored; nothing after it is read.

    Parameters
    ----------
    stream, offset, shape, stored
        As for `check_size`.

    Raises
    ------
    EOFError
        If the file ends before.
    """
    columns, rows, slices = shape[:3]
    size = columns * rows * stored.itemsize
    start = offset + size * (slices // 2)
    if start + size > stream.most:
        raise EOFError
    flat = np.empty(columns * rows, stored.newbyteorder("="))
    stream.skip_to(start)
    stream.fill(flat, swap=not stored.isnative)
    return flat.reshape((columns, rows), order="F")
