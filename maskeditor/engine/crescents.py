"""What a ball adds to slices as it goes a short way: in each a crescent, and all of them are looked for at once.

However few voxels are new, what finds them takes some forty steps of arithmetic: slices across different axes, as a
window shows them beside one another, are therefore gone through together. Of each line of voxels, those are taken that
may lie near the way's second end and do not surely lie near its first; these few are then measured one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import BoolArray, Counts
from maskeditor.engine.box import Box, Voxel

#: Of a squared radius: what rounding may make of a squared distance, and much more.
DOUBT = 1e-8
#: Of a voxel: likewise of where a line leaves the ball.
NARROWER = 1e-6


class Cut(NamedTuple):
    """A part of a slice.

    Parameters
    ----------
    box : Box
        One voxel thick.
    axis : int
        That it lies across.
    along : int
        That lines of voxels lie along, which are gone through.
    """

    box: Box
    axis: int
    along: int

    @property
    def across(self) -> int:
        """The axis along which its lines stand side by side."""
        return 3 - self.axis - self.along


def crescents(
    cuts: Sequence[Cut],
    ends: Sequence[Sequence[float]],
    metric: Sequence[Sequence[float]],
    limit: float,
    holds: Callable[[Sequence[Counts]], BoolArray],
    grid: Voxel,
) -> list[Counts]:
    """Return what a way holds of parts of slices, but for the ball round its first end.

    Parameters
    ----------
    cuts : sequence of Cut
    ends : two of 3 float
        Of the way, in voxels.
    metric : 3 of 3 float
        Products of the steps along the axes, in mm².
    limit : float
        The squared radius, in mm².
    holds : callable
        Given three of (N,) array of int, the indices i, j and k of voxels, which of them the way holds: (N,) of bool.
    grid : tuple of 3 int
        Voxels of the volume along each axis.

    Returns
    -------
    list of (V,) array of int
        By slice, counted in its Fortran order.

    Examples
    --------
    A ball of radius 1 goes on by a voxel:

    >>> cut = Cut(Box((0, 0, 2), (9, 9, 3)), axis=2, along=0)
    >>> near = lambda voxels: ((np.transpose(voxels) - (5, 4, 2)) ** 2).sum(1) <= 1
    >>> crescents([cut], [(4, 4, 2), (5, 4, 2)], np.eye(3).tolist(), 1.1, near, (9, 9, 5))
    [array([32, 42, 50])]
    """
    if not cuts:
        return []
    step = [last - first for first, last in zip(*ends, strict=True)]
    length = sum(metric[i][j] * step[i] * step[j] for i in range(3) for j in range(3))
    # What is near the way and not near its first end is no further from its second than this.
    limits = limit * (1 - DOUBT), (limit + length) * (1 + DOUBT)
    count = max(cut.box.shape[cut.across] for cut in cuts)
    solved = [[_equation(cut, metric, *end) for cut in cuts] for end in zip(ends, limits, strict=True)]
    # (equation's numbers, ends of the way, slices, lines)
    begin, middle, lean, low, linear, curve = np.array(solved).transpose(2, 0, 1)[..., np.newaxis]
    line = np.arange(count)
    offset = line + begin
    reach = np.sqrt(np.maximum((curve * offset + linear) * offset + low, 0.0))
    reach[0] -= NARROWER  # so that a line that passes the ball by holds none of it
    centre = middle - lean * offset
    first, last = np.ceil(centre - reach), np.floor(centre + reach)
    edges = np.array([(cut.box.start[cut.along], cut.box.stop[cut.along] - 1) for cut in cuts]).T[..., np.newaxis]
    # Before the ball round the way's first end, and behind it.
    runs, stops = np.empty((2, len(cuts), 2, count))
    np.maximum(first[1], edges[0], out=runs[:, 0])
    np.minimum(last[1], edges[1], out=stops[:, 1])
    np.maximum(runs[:, 0], np.maximum(first[0], last[0] + 1), out=runs[:, 1])
    np.minimum(stops[:, 1], first[0] - 1, out=stops[:, 0])
    lengths = np.maximum(stops - runs + 1, 0).astype(np.intp)
    for length_of, cut in zip(lengths, cuts, strict=True):
        length_of[:, cut.box.shape[cut.across] :] = 0
    counts = lengths.ravel()
    totals = np.cumsum(counts)
    place = np.arange(totals[-1]) + np.repeat(runs.ravel().astype(np.intp) - (totals - counts), counts)
    beside = np.repeat(np.tile(line, 2 * len(cuts)), counts)
    spans = [slice(*span) for span in pairwise([0, *totals[2 * count - 1 :: 2 * count].tolist()])]
    voxels = np.empty((3, place.size), np.intp)
    for cut, span in zip(cuts, spans, strict=True):
        voxels[cut.axis, span] = cut.box.start[cut.axis]
        voxels[cut.along, span] = place[span]
        voxels[cut.across, span] = beside[span] + cut.box.start[cut.across]
    held = holds(list(voxels))
    found = []
    for cut, span in zip(cuts, spans, strict=True):
        one, other = (axis for axis in range(3) if axis != cut.axis)
        at, is_held = voxels[:, span], held[span]
        found.append((at[one] + at[other] * grid[one])[is_held])
    return found


def _equation(cut: Cut, metric: Sequence[Sequence[float]], middle: Sequence[float], limit: float) -> list[float]:
    """Return where lines of a slice enter and leave a ball, as numbers that hold for all of them.

    Returns
    -------
    begin, middle, lean, low, linear, curve : float
        With the place x of a line beside the middle of the ball, which is `begin` of the first, it lies around
        middle − lean · x, and reaches as far as the root of curve · x² + linear · x + low on both sides.
    """
    axis, along, across = cut.axis, cut.along, cut.across
    size = metric[along][along]
    off = cut.box.start[axis] - middle[axis]
    shift, lean = metric[along][axis] * off / size, metric[along][across] / size
    return [
        cut.box.start[across] - middle[across],
        middle[along] - shift,
        lean,
        shift * shift - (metric[axis][axis] * off * off - limit) / size,
        2 * (shift * lean - metric[axis][across] * off / size),
        lean * lean - metric[across][across] / size,
    ]
