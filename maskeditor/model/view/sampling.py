"""Which voxels of a slice are read where it is drawn small, so that no others need be worked out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import Array, BoolArray, Counts
from maskeditor.model.view.slices import WHOLE, Part

#: What Qt counts a place in a picture in: so many for one of its pixels. Along a line of the screen its steps are cut
#: off to whole ones, so that at the end of a line it is off by one for each pixel of that.
UNITS = 1 << 16
#: How far from the middle of a pixel of the screen the edge of a picture must be, so that it is known on which side.
TIE = 1 / 32


class Line(NamedTuple):
    """The pixels along one side of a picture that are kept, and how these lie on the screen.

    Parameters
    ----------
    kept : (N,) array of int
        Places, ascending.
    scale, offset : float
        A place in the picture that they make, times the scale and with the offset, is one on the screen.
    """

    kept: Counts
    scale: float
    offset: float


def sampled_line(scale: float, offset: float, size: int, pixels: int) -> Line:
    """Return which pixels along one side of a picture are needed where Qt draws it small, and how they then lie.

    Of each pixel of the screen, Qt finds the place of its middle in the picture, and blends the two pixels around that,
    whatever lies between them and the next two. There, so many are left out everywhere that the step from one to the
    next is shorter by a whole number, and the weights stay as they are. What is kept lies regularly on the screen then,
    with less than three for each of its pixels, and is drawn to the same picture.

    Parameters
    ----------
    scale, offset : float
        A place in the picture, times the scale and with the offset, is one on the screen.
    size : int
        Pixels along that side of the picture.
    pixels : int
        Pixels of the screen along a line.

    Returns
    -------
    Line
        All, where the picture is not drawn at a third of its size or less.

    Examples
    --------
    >>> line = sampled_line(0.25, 0.4, 16, 100)
    >>> line.kept.tolist(), round(1 / line.scale, 6)
    ([0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15], 3.0)
    """
    step = 1 / abs(scale)
    slack = (pixels + 16) / UNITS
    left_out = math.floor(step - 2 * slack) - 2
    if left_out < 1:
        return Line(np.arange(size), scale, offset)
    # The middles of pixels of the screen in the picture, counted from the middles of its own: the first that is drawn,
    # or the one before, and all that follow.
    first = (0.5 - offset) / scale - 0.5
    first += step * math.ceil((-1 - first) / step)
    middles = first + step * np.arange(-1, (size - first) / step + 1)
    between = np.floor(middles + slack).astype(np.intp)[:, np.newaxis] + 2 + np.arange(left_out)
    is_kept = np.ones(size, np.bool_)
    is_kept[between[(between >= 0) & (between < size)]] = False
    if not is_kept.any():  # it lies between two pixels of the screen, and nothing of it is drawn
        return Line(np.arange(1), scale, offset)
    before = np.count_nonzero(between[0] >= 0)
    share = 1 - left_out / step
    shorter = _as_cut_off(scale / share, scale, left_out)
    return Line(np.flatnonzero(is_kept), shorter, offset - shorter * (left_out * (first + 0.5) / step - before))


def _as_cut_off(shorter: float, scale: float, left_out: int) -> float:
    """Return a scale, or a neighbour of it, whose step is cut off as that of another is, but for what is left out.

    As the steps are inverses of what was rounded, they may lie on either side of a whole number of units.
    """
    wanted = int(UNITS / scale) - int(math.copysign(left_out * UNITS, scale))
    near = [shorter]
    for way in (-math.inf, math.inf):
        near.append(math.nextafter(shorter, way))
        near.append(math.nextafter(near[-1], way))
    return next((one for one in near if int(1 / one * UNITS) == wanted), shorter)


def is_tied(edge: float) -> bool:
    """Whether an edge of a picture lies so near to the middle of a pixel of the screen that either may be drawn."""
    return abs(edge - math.floor(edge) - 0.5) < TIE


@dataclass(frozen=True, eq=False)
class Sampling:
    """The voxels of slices that are kept, in lines along both axes.

    Parameters
    ----------
    shape : tuple of 2 int
        Of the slices.
    kept : pair of (N,) arrays of int
        Along each axis of the slice, ascending.

    Examples
    --------
    >>> sampling = Sampling((4, 3), (np.array([0, 3]), np.array([1, 2])))
    >>> sampling.of(np.arange(12).reshape(4, 3)).tolist()
    [[1, 2], [10, 11]]
    >>> sampling.part((slice(1, 4), slice(0, 2)))
    (slice(1, 2, None), slice(0, 1, None))
    >>> are_kept, places = sampling.places(np.array([3, 4, 7, 8]))  # in Fortran order
    >>> are_kept.tolist(), places.tolist()
    ([False, True, True, True], [0, 1, 2])
    """

    shape: tuple[int, int]
    kept: tuple[Counts, Counts]
    _numbers: tuple[Counts, Counts] = field(init=False)
    _whole: Sampled = field(init=False)

    def __post_init__(self) -> None:
        numbers = (np.full(self.shape[0], -1, np.intp), np.full(self.shape[1], -1, np.intp))
        for along, kept in zip(numbers, self.kept, strict=True):
            along[kept] = np.arange(len(kept))
        object.__setattr__(self, "_numbers", numbers)
        object.__setattr__(self, "_whole", Sampled(WHOLE, *self.kept))

    def equals(self, other: Sampling | None) -> bool:
        """Whether another one keeps the same voxels."""
        return other is self or (
            other is not None
            and self.shape == other.shape
            and all(np.array_equal(one, two) for one, two in zip(self.kept, other.kept, strict=True))
        )

    def of(self, values: Array) -> Array:
        """Return what is kept of a slice, in contiguous memory of the same order."""
        return self.within(WHOLE).of(values)

    def part(self, part: Part) -> Part:
        """Return where of what is kept a part of the slice lies."""
        if part is WHOLE:
            return WHOLE
        first, second = (
            slice(*map(int, np.searchsorted(kept, span.indices(size)[:2])))
            for span, kept, size in zip(part, self.kept, self.shape, strict=True)
        )
        return first, second

    def within(self, part: Part) -> Sampled:
        """Return what is kept in a part of the slice."""
        if part is WHOLE:
            return self._whole
        (first, second), (top, left) = self.part(part), (span.start or 0 for span in part)
        return Sampled(part, self.kept[0][first] - top, self.kept[1][second] - left)

    def places(self, voxels: Counts) -> tuple[BoolArray, Counts]:
        """Return which of some voxels are kept, and where of what is kept those lie; both counted in Fortran order."""
        second, first = np.divmod(voxels, self.shape[0])
        first, second = self._numbers[0][first], self._numbers[1][second]
        are_kept = (first >= 0) & (second >= 0)
        return are_kept, first[are_kept] + second[are_kept] * len(self.kept[0])


@dataclass(frozen=True, eq=False)
class Sampled:
    """What is kept of a part of a slice.

    Parameters
    ----------
    part : Part
    first, second : (N,) array of int
        Counted from where the part begins.
    """

    part: Part
    first: Counts
    second: Counts

    def of(self, values: Array) -> Array:
        """Return it of the values of the slice, in contiguous memory of the same order."""
        return self.pick(values[self.part])

    def pick(self, values: Array, out: Array | None = None) -> Array:
        """Return it of the values of the part, in contiguous memory of the same order.

        Parameters
        ----------
        values : 2-D array
        out : 2-D array, optional
            Taken for the result.
        """
        is_turned = values.strides[0] < values.strides[1]
        lines, along = (self.second, self.first) if is_turned else (self.first, self.second)
        values, out = (values.T, out if out is None else out.T) if is_turned else (values, out)
        picked: Array = np.take(values[lines], along, axis=1)
        if out is not None:
            np.copyto(out, picked)
            picked = out
        return picked.T if is_turned else picked
