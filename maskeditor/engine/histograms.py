"""Exact histograms and percentiles of whole volumes, counted in parts that stay in the processors' caches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, Counts
from maskeditor.engine.order_statistics import of_ranks
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter, silent

CHUNK = 1 << 18  # values counted at a time
LEAST = 4 * CHUNK  # values that are worth a thread of their own
WIDEST_RANGE = 1 << 24  # integers over a wider range are not counted one by one


def integer_histogram(data: Array, *, progress: Reporter | None = None) -> tuple[int, Counts]:
    """Count how often each integer occurs.

    Parameters
    ----------
    data : (...) array of int
        In any order and shape. A ValueError if there are none, or if they range over more than 16,777,216.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    first : int
        The lowest value.
    counts : (highest - lowest + 1,) array of int
        Occurrences of each integer from the lowest value to the highest; equal to `np.bincount(data - first)`.

    Examples
    --------
    >>> first, counts = integer_histogram(np.array([[-1, 2], [2, 0]]))
    >>> first, counts.tolist()
    (-1, [1, 1, 0, 2])
    """
    if data.dtype.kind not in "iu":
        raise ValueError(f"The data are of type {data.dtype}; give integers.")
    if data.size == 0:
        raise ValueError("The data hold no value; give at least one.")
    flat = data.ravel(order="K")
    if flat.dtype.itemsize <= 2 and flat.dtype.isnative:
        first, counts = _count_all(flat, progress)
    else:
        first, counts = _count_range(flat, progress)
    present = np.flatnonzero(counts)
    return first + int(present[0]), counts[present[0] : present[-1] + 1]


def counts_of_words(pieces: Iterable[Array], dtype: np.dtype[Any]) -> Counts:
    """Count every value that an integer type of one or two bytes can hold.

    Parameters
    ----------
    pieces : iterable of (...) array of int
    dtype : dtype
        That of the pieces: of one or two bytes, in the order of this machine.

    Returns
    -------
    (256,) or (65536,) array of int
        From the lowest value of the type to the highest.

    Examples
    --------
    >>> counts_of_words([np.array([-128, 3, 3], np.int8)], np.dtype(np.int8))[[0, 131]].tolist()
    [1, 2]
    """
    counts = np.zeros(1 << 8 * dtype.itemsize, np.intp)
    unsigned, index = np.dtype(f"u{dtype.itemsize}"), np.empty(0, np.intp)
    for piece in pieces:
        words = piece.ravel(order="K").view(unsigned)
        if words.size > index.size:
            index = np.empty(words.size, np.intp)
        np.copyto(index[: words.size], words)
        np.add.at(counts, index[: words.size], 1)  # in three quarters of the time of bincount
    # Negative numbers are the upper half.
    return np.roll(counts, counts.size // 2) if dtype.kind == "i" else counts


def integers_from(first: int, count: int) -> Array:
    """Return whole numbers one after another, (count,) of int64, or of uint64 where they are beyond it.

    Examples
    --------
    >>> integers_from(-1, 3)
    array([-1,  0,  1])
    >>> integers_from(2**64 - 2, 2).dtype
    dtype('uint64')
    """
    dtype = np.int64 if first + count <= 1 << 63 else np.uint64
    return np.arange(count, dtype=dtype) + dtype(first)


def levels_of(data: Array, progress: Reporter | None = None) -> Counts:
    """Return each level of integers from the lowest to the highest, and how often it occurs.

    Parameters
    ----------
    data : (...) array of int
        As for `integer_histogram`.
    progress : callable, optional

    Returns
    -------
    (2, levels) array of int64, or of uint64 where they are beyond it

    Examples
    --------
    >>> levels_of(np.array([-1, 2, 2]))
    array([[-1,  0,  1,  2],
           [ 1,  0,  0,  2]])
    """
    first, counts = integer_histogram(data, progress=progress)
    levels = integers_from(first, counts.size)
    return np.stack([levels, counts.astype(levels.dtype)])


def histogram(
    data: Array,
    bins: int,
    limits: tuple[float, float],
    *,
    scaled: Callable[[Array], Array] | None = None,
    exclude_zeros: bool = False,
    progress: Reporter | None = None,
) -> tuple[Counts, NDArray[Any]]:
    """Count the values in equal bins; equal to `np.histogram(data, bins, range=limits)`.

    Values outside the limits, and those that are not finite, are not counted.

    Parameters
    ----------
    data : (...) array of int or float
        In any order and shape.
    bins : int
        Number of bins.
    limits : tuple of float
        Lowest and highest value counted, both included.
    scaled : callable, optional
        Makes the values of the data, some at a time.
    exclude_zeros : bool
        Whether values that are 0 are left out.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    counts : (bins,) array of int
    edges : (bins + 1,) array of float

    Examples
    --------
    >>> counts, edges = histogram(np.array([0.5, 1.0, 4.0, np.nan]), 2, (0, 4))
    >>> counts.tolist(), edges.tolist()
    ([2, 1], [0.0, 2.0, 4.0])
    """
    counts, edges = np.histogram(data.ravel(order="K")[:0], bins, range=limits)
    for number, part in enumerate(finite_parts(data, scaled=scaled, exclude_zeros=exclude_zeros)):
        counted, edges = np.histogram(part, bins, range=limits)
        counts += counted
        if progress is not None:
            progress(min(1.0, (number + 1) * CHUNK / data.size))
    return counts, edges


def equal_bins(
    values: Array,
    bins: int,
    *,
    scaled: Callable[[Array], Array] | None = None,
    exclude_zeros: bool = False,
    progress: Reporter | None = None,
) -> tuple[Counts, Array]:
    """Count intensities in equal bins from the lowest to the highest.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        What is not finite is left out.
    bins : int
    scaled : callable, optional
        Makes floats, the intensities that are counted, of the values, some at a time.
    exclude_zeros : bool
        Whether intensities of exactly 0 are left out.
    progress : callable of float, optional

    Returns
    -------
    counts : (bins,) array of int
    edges : (bins + 1,) array of float
        Neither holds any if there is no intensity.

    Raises
    ------
    ValueError
        If the intensities lie too close together, or too far apart, for so many bins.

    Examples
    --------
    >>> counts, edges = equal_bins(np.array([[[0, 1.0, 4.0, np.nan]]]), 2)
    >>> counts.tolist(), edges.tolist()
    ([2, 1], [0.0, 2.0, 4.0])
    """
    parts = finite_parts(values, scaled=scaled, exclude_zeros=exclude_zeros)
    ends = [end for piece in parts if piece.size for end in (piece.min(), piece.max())]
    if not ends:
        return np.zeros(0, np.intp), np.zeros(0)
    low, high = min(ends), max(ends)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return histogram(values, bins, (low, high), scaled=scaled, exclude_zeros=exclude_zeros, progress=progress)
    except ValueError:  # by numpy: edges would coincide, or their distance overflows
        raise ValueError(
            f"Intensities from {low:.9g} to {high:.9g} cannot be parted in {bins} bins; scale the image, or take a "
            "threshold."
        ) from None


def bin_centres(edges: NDArray[Any]) -> NDArray[Any]:
    """Return the centres of bins between edges, as scikit-image has them; those whose sum overflows by halves.

    Parameters
    ----------
    edges : (N + 1,) array of float

    Returns
    -------
    (N,) array of float

    Examples
    --------
    >>> bin_centres(np.array([0, 1, 3.4e38], np.float32))
    array([5.0e-01, 1.7e+38], dtype=float32)
    """
    with np.errstate(over="ignore"):
        centres: NDArray[Any] = (edges[:-1] + edges[1:]) / 2
    return centres if np.isfinite(centres).all() else edges[:-1] / 2 + edges[1:] / 2


def finite_parts(
    data: Array, *, scaled: Callable[[Array], Array] | None = None, exclude_zeros: bool = False
) -> Iterator[Array]:
    """Yield the finite values, flat, some at a time: what is scaled or left out is never held as a whole.

    Parameters
    ----------
    data : (...) array of int or float
        In any order and shape.
    scaled : callable, optional
        Applied to the values first.
    exclude_zeros : bool
        Whether values that are 0 (after scaling) are left out too.
    """
    flat = data.ravel(order="K")
    for start in range(0, flat.size, CHUNK):
        piece = flat[start : start + CHUNK] if scaled is None else scaled(flat[start : start + CHUNK])
        if piece.dtype.kind == "f" and not (finite := np.isfinite(piece)).all():
            piece = piece[finite]
        yield piece[piece != 0] if exclude_zeros else piece


def percentiles(
    data: Array,
    q: Sequence[float],
    *,
    scaled: Callable[[Array], Array] | None = None,
    exclude_zeros: bool = False,
    counted: Counts | None = None,
    progress: Reporter | None = None,
) -> NDArray[np.float64]:
    """Return percentiles with linear interpolation; equal to `np.percentile` of the finite values to the bit.

    Values are counted instead of sorted. (Where neighbouring integers lie so far apart that their difference overflows
    their type, numpy's result is wrong; this one is not.)

    Parameters
    ----------
    data : (...) array of int or float
        In any order and shape.
    q : sequence of float
        Percentiles from 0 to 100.
    scaled : callable, optional
        Makes the values of the data, some at a time; in the order of the data or in the opposite one.
    exclude_zeros : bool
        Whether values that are 0 are left out.
    counted : (2, levels) array of int, optional
        Where the data are integers: each level one after another, and how often it occurs, as counted before.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (percentiles,) array of float64
        NaN if there is no value.

    Examples
    --------
    >>> percentiles(np.array([[1, 2], [3, 10]]), [0, 50, 100])
    array([ 1. ,  2.5, 10. ])
    """
    fractions = np.true_divide(np.asarray(q, np.float64), 100)
    if not ((fractions >= 0) & (fractions <= 1)).all():
        raise ValueError(f"The percentiles are {list(q)}; give numbers from 0 to 100.")
    parts = np.zeros(0)

    def ranks(count: int) -> Sequence[int]:
        nonlocal parts
        places = (count - 1) * fractions
        below = np.floor(places)
        parts = places - below
        chosen: list[int] = np.concatenate([below, np.minimum(below + 1, count - 1)]).astype(np.intp).tolist()
        return chosen if count else []

    report = progress or silent
    by_level = data.dtype.kind in "iu" and data.size > 0
    if by_level and data.dtype.itemsize > 2:  # with counts that take less memory than a mask
        by_level = int(data.max()) - int(data.min()) < data.size >> 4
    if by_level:
        values, counts = levels_of(data, progress) if counted is None else counted
        if scaled is not None:
            values = scaled(values.astype(data.dtype))
            if values[0] > values[-1]:
                values, counts = values[::-1], counts[::-1]
        left_out = exclude_zeros & (values == 0)
        if values.dtype.kind == "f":
            left_out |= ~np.isfinite(values)
        counts = np.where(left_out, 0, counts)
        up_to = np.cumsum(counts)
        found = values[np.searchsorted(up_to, ranks(int(up_to[-1])), side="right")]
    else:
        dtype = data.dtype if scaled is None else np.dtype(np.float64)
        turns, passes = itertools.count(), max(1, dtype.itemsize // 2)

        def all_of_them() -> Iterator[Array]:
            turn = next(turns)
            for number, piece in enumerate(finite_parts(data, scaled=scaled, exclude_zeros=exclude_zeros)):
                yield piece
                report(min(1.0, (turn + number * CHUNK / data.size) / passes))

        found = of_ranks(all_of_them, dtype, ranks)
        report(1.0)
    if not found.size:
        return np.full(fractions.shape, np.nan)
    found = found.astype(np.int64) if found.dtype.kind == "i" else found
    below, above = found[: parts.size], found[parts.size :]
    # Counted modulo 2^64, the distance between two integers is right however far they lie apart.
    with np.errstate(over="ignore", invalid="ignore"):  # that between two floats may overflow, as numpy's does
        apart = above.view(np.uint64) - below.view(np.uint64) if found.dtype.kind == "i" else above - below
        # As numpy interpolates: from the nearer end.
        result: NDArray[np.float64] = np.where(parts >= 0.5, above - apart * (1 - parts), below + apart * parts)
    return result


def _count_all(flat: Array, progress: Reporter | None) -> tuple[int, Counts]:
    """Count every value that a type of one or two bytes can hold."""
    size = flat.size
    pairs = flat.dtype.itemsize == 1
    # Two bytes are looked up as one number, and separated in the end.
    words = flat[: size - size % 2].view(np.uint16) if pairs else flat

    def count(place: slice, report: Reporter) -> Counts:
        return counts_of_words(_in_turn(words[place], report), words.dtype)

    counts = np.sum(in_parallel(count, parts_of(words.size, LEAST), progress), axis=0)
    if pairs:
        square = counts.reshape(256, 256)
        counts = square.sum(axis=0) + square.sum(axis=1)
        if size % 2:
            counts[flat[-1:].view(np.uint8)[0]] += 1
        counts = np.roll(counts, 128) if flat.dtype.kind == "i" else counts
    return int(np.iinfo(flat.dtype).min), counts


def _in_turn(flat: Array, report: Reporter) -> Iterator[Array]:
    for start in range(0, flat.size, CHUNK):
        yield flat[start : start + CHUNK]
        report(min(1.0, (start + CHUNK) / flat.size))


def _count_range(flat: Array, progress: Reporter | None) -> tuple[int, Counts]:
    """Count every value from the lowest to the highest."""
    lowest, highest = int(flat.min()), int(flat.max())
    span = highest - lowest + 1
    if span > WIDEST_RANGE:
        raise ValueError(
            f"The integers from {lowest} to {highest} are more than {WIDEST_RANGE}; count them in bins instead."
        )
    counts = np.zeros(span, np.intp)
    for start in range(0, flat.size, CHUNK):
        part = flat[start : start + CHUNK]
        # Differences fit although the values themselves may not.
        np.add.at(counts, (part - np.array(lowest, flat.dtype)).astype(np.intp), 1)
        if progress is not None:
            progress(min(1.0, (start + CHUNK) / flat.size))
    return lowest, counts
