"""What the intensities of an image are like: minimum, maximum, percentiles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.order_statistics import of_ranks
from maskeditor.engine.progress import Reporter, silent

#: Percentiles that are shown.
PERCENTILES = (1.0, 25.0, 50.0, 75.0, 99.0)
#: Values that are gone through in one go.
AT_ONCE = 1 << 20


class ImageStatistics(NamedTuple):
    """Of all finite intensities of an image, of a series in all its volumes.

    Parameters
    ----------
    minimum, maximum : float
        NaN where no intensity is finite.
    percentiles : tuple of float
        One for each of `PERCENTILES`, between two intensities where it falls between them, as ``numpy.percentile``.
    not_finite : int
        How many intensities are NaN or infinite, and left out.
    """

    minimum: float
    maximum: float
    percentiles: tuple[float, ...]
    not_finite: int


def image_statistics(volume: Volume, progress: Reporter = silent) -> ImageStatistics:
    """Return minimum, maximum and percentiles of an image, without a second copy of it.

    Parameters
    ----------
    volume : Volume
    progress : callable, optional
        Called now and then; may raise to cancel.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> image_statistics(Volume(np.arange(101.0).reshape(101, 1, 1), Geometry((101, 1, 1), np.eye(4))))
    ImageStatistics(minimum=0.0, maximum=100.0, percentiles=(1.0, 25.0, 50.0, 75.0, 99.0), not_finite=0)
    """
    flat = volume.stored.reshape(-1, order="F")
    dtype = flat.dtype if flat.dtype.itemsize <= 8 else np.dtype(np.float64)
    # A negative slope turns the order round.
    shares = [0.0, *(percent / 100 for percent in PERCENTILES), 1.0]
    if volume.slope < 0:
        shares = [1 - share for share in shares]
    count = 0

    def pieces() -> Iterator[Array]:
        for start in range(0, flat.size, AT_ONCE):
            progress(0.0)
            piece = flat[start : start + AT_ONCE].astype(dtype, copy=False)
            yield piece[np.isfinite(piece)] if dtype.kind == "f" else piece

    def ranks(there: int) -> list[int]:
        nonlocal count
        count = there
        if not there:
            return []
        return [end(share * (there - 1)) for share in shares for end in (math.floor, math.ceil)]

    found = of_ranks(pieces, dtype, ranks)
    if not count:
        return ImageStatistics(math.nan, math.nan, (math.nan,) * len(PERCENTILES), flat.size)
    pairs = np.asarray(volume.scaled(found), np.float64).reshape(-1, 2)
    parts = (share * (count - 1) % 1 for share in shares)
    low, *percentiles, high = (float(a + (b - a) * part) for (a, b), part in zip(pairs, parts, strict=True))
    return ImageStatistics(low, high, tuple(percentiles), flat.size - count)
