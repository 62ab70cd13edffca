"""The T1-weighted sample as it was made once, compressed: a window opens with it, and making it takes seconds."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskeditor.sample.images import t1_grid

#: Written by `packaging/keep_sample.py`; a test compares it with what `sample_t1` makes.
FILE = Path(__file__).with_name("t1.z")


def packed(data: NDArray[np.int16]) -> bytes:
    """Return intensities (I, J, K) compressed: the low bytes of all, then the high bytes, which hardly differ."""
    low, high = np.ascontiguousarray(data.T, "<i2").view(np.uint8).reshape(-1, 2).T
    return zlib.compress(low.tobytes() + high.tobytes(), 9)


def kept_t1() -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Return intensities (224, 204, 148) int16 and affine (4, 4) of `sample_t1`, read from the file kept of them.

    Returns
    -------
    data : (I, J, K) array of int16
        Fortran order, read-only.
    affine : (4, 4) array of float64

    Examples
    --------
    >>> data, affine = kept_t1()
    >>> data.shape, data.flags.f_contiguous
    ((224, 204, 148), True)
    """
    shape, affine = t1_grid()
    halves = np.frombuffer(zlib.decompress(FILE.read_bytes()), np.uint8).reshape(2, -1)
    data = np.empty(halves.shape[::-1], np.uint8)
    data[:, 0], data[:, 1] = halves
    made = data.view("<i2").astype(np.int16, copy=False).reshape(shape[::-1]).T
    made.setflags(write=False)
    return made, affine
