"""How far voxels lie from a surface close by: looked for round all of them at once, shell by shell.

Those that lie a step away are those that the surface covers once it is moved by that step, which is one combination of
flat memory, of eight voxels a byte. What is not found by the shorter steps is looked for by the longer ones: first in
whole slices, then, as soon as few bytes have any left, in these alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import Array, Bytes, Counts, Floats, Integers
from maskeditor.engine.bits import count
from maskeditor.engine.memory_pool import workspace
from maskeditor.engine.parallel import in_parallel
from maskeditor.engine.progress import Reporter, silent

#: Steps that are gone through at most, and how many voxels these reach along an axis at most.
MOST, FURTHEST = 1 << 12, 12
#: Steps that are gone through whatever they find, and by how many times as many that is asked again.
FIRST, MORE = 32, 1.5
#: Of what is left, the share that so many steps must find for more to be taken.
SHARE = 1 / 16
#: The share of bytes with voxels left below which these alone are looked at, and of voxels that are left before these
#: bytes are sought again.
SPARSE, THIN = 1 / 16, 3 / 4
#: Bytes of the slices that one thread looks at, and those that are gathered at a time.
SLAB, GATHERED = 1 << 17, 1 << 15


class Close(NamedTuple):
    """How far voxels lie from a surface close by.

    Parameters
    ----------
    counts : (N,) array of int
        How many voxels lie so far away as each shell.
    furthest : float
        The largest distance in mm of those outside the other mask; 0 if there is none.
    """

    counts: Counts
    furthest: float


class Shells:
    """Finds how far voxels lie from a surface close by, exactly.

    Parameters
    ----------
    shape : tuple of 3 int
        Of the volume (I, J, K).
    steps : (3, 3) array of float
        A step along each voxel axis in mm, in columns.

    Examples
    --------
    >>> voxels, surface = (np.array(bits, np.uint8).reshape(1, 1, 1) for bits in (0b11100, 0b1))
    >>> shells = Shells((8, 1, 1), np.diag([2.0, 1.0, 1.0]))
    >>> found = shells.look(voxels, np.zeros_like(voxels), surface, few=3)
    >>> shells.lengths[found.counts > 0].tolist(), found.furthest, count(voxels)
    ([4.0, 6.0, 8.0], 8.0, 0)
    """

    def __init__(self, shape: tuple[int, ...], steps: Floats) -> None:
        voxels, lengths, starts, self.radius = _ball(tuple(steps.reshape(-1).tolist()))
        #: How far away each shell lies in mm, the nearest first.
        self.lengths = lengths[starts]
        #: Slices of the volume.
        self.slices = shape[2]
        i, j, k = np.abs(voxels).max(axis=0, initial=0).tolist()
        # Between rows, and between slices, lies as much nothing as is looked at beyond their ends.
        self.rows, self.width = shape[1] + j, -(-shape[0] // 8) + -(-i // 8)
        #: Bytes of a slice, and how many slices more are looked at, the last of them for what lies between rows.
        self.plane, self.beyond = self.rows * self.width, k + 1
        #: How many bits away the voxels of each shell lie.
        jumps = voxels @ [1, 8 * self.width, 8 * self.plane]
        self.jumps: list[Integers] = np.split(jumps, starts[1:])[: len(starts)]

    def look(self, voxels: Bytes, mask: Bytes, surface: Bytes, few: int = 0, progress: Reporter = silent) -> Close:
        """Look for how far voxels lie from a surface; what was found is taken out of the voxels.

        Parameters
        ----------
        voxels : (K, J, bytes) array of uint8
            None is of the surface. Is written over: left is what lies further than `radius`, and what was given up.
        mask : (K, J, bytes) array of uint8
            What the surface is of.
        surface : (K, J, bytes) array of uint8
        few : int
            So few are not given up, however little is found.
        progress : callable, optional
            Called with the fraction done, from 0 to 1; may raise to cancel.
        """

        def look(part: slice, report: Reporter) -> Close:
            some = voxels[part]
            slab = _Slab(self, some, mask[part], self._moved(surface, part))
            found = slab.look(few, report)
            some[...] = slab.left()[:, : some.shape[1], : some.shape[2]]
            return found

        step = max(1, SLAB // self.plane)
        parts = [slice(first, min(first + step, self.slices)) for first in range(0, self.slices, step)]
        found = in_parallel(look, [part for part in parts if voxels[part].any()] or parts[:1], progress)
        counts = sum((one.counts for one in found), np.zeros(len(self.jumps), np.intp))
        return Close(counts, max(one.furthest for one in found))

    def laid_out(self, bits: Bytes, before: int = 0, after: int = 0) -> Bytes:
        """Return slices (K, J, bytes) of uint8 with nothing between rows and slices, and so many slices beside."""
        made = np.zeros((before + len(bits) + after, self.rows, self.width), np.uint8)
        made[before : before + len(bits), : bits.shape[1], : bits.shape[2]] = bits
        return made.reshape(-1)

    def _moved(self, surface: Bytes, part: slice) -> Bytes:
        """Return a surface round some slices as (8, bytes) of uint8: as it is, and moved by one to seven bits."""
        first, stop = part.start - self.beyond, part.stop + self.beyond
        around = surface[max(0, first) : stop]
        bits = self.laid_out(around, max(0, -first), max(0, stop - self.slices))
        words = np.zeros(-(-bits.size // 8) + 1, np.uint64)
        words.view(np.uint8)[: bits.size] = bits
        here, after = words[:-1], words[1:]
        moved = workspace.empty((8, here.size), np.uint64)
        moved[0] = here
        carried = np.empty_like(here)
        for shift in range(1, 8):
            np.right_shift(here, np.uint64(shift), out=moved[shift])
            np.left_shift(after, np.uint64(64 - shift), out=carried)
            np.bitwise_or(moved[shift], carried, out=moved[shift])
        return moved.view(np.uint8)


class _Slab:
    """Looks round the voxels of some slices, see `Shells.look`.

    Parameters
    ----------
    shells : Shells
    voxels, mask : (K, J, bytes) array of uint8
    moved : (8, bytes) array of uint8
        The surface, see `Shells._moved`.
    """

    def __init__(self, shells: Shells, voxels: Bytes, mask: Bytes, moved: Bytes) -> None:
        self._shells, self._count = shells, len(voxels)
        # Of voxels that are not found yet, and of those among them that the other mask does not hold.
        self._left = shells.laid_out(voxels)
        self._outside = shells.laid_out(voxels & ~mask)
        self._covered: Bytes = np.empty_like(self._left)
        # Where bytes with voxels left lie, once these alone are looked at.
        self._places: Counts | None = None
        self._moved, self._row, self._start = moved.reshape(-1), moved.shape[1], shells.beyond * shells.plane
        self._thin_out()

    def look(self, few: int, report: Reporter) -> Close:
        """Go through the shells until nothing is left, or too little is found of more than a few."""
        shells = self._shells
        counts, furthest = np.zeros(len(shells.jumps), np.intp), 0.0
        left = before = thinned = count(self._left)
        looked, due = 0, FIRST
        for rank, jumps in enumerate(shells.jumps):
            if not left:
                break
            found = self._cover(jumps)
            found &= self._left
            counts[rank] = count(found)
            if counts[rank]:
                left -= int(counts[rank])
                self._left ^= found
                found &= self._outside
                if found.any():
                    furthest = float(shells.lengths[rank])
            looked += len(jumps)
            if looked >= due:
                if left > max(few, (1 - SHARE) * before):
                    break
                before, due = left, int(MORE * looked)
                report(looked / MOST)
            if left < THIN * thinned:
                self._thin_out()
                thinned = left
        return Close(counts, furthest)

    def left(self) -> Bytes:
        """Return what was not found, (K, rows, bytes) of uint8."""
        left = self._left
        if self._places is not None:
            left = np.zeros_like(self._covered)
            left[self._places] = self._left
        return left.reshape(self._count, self._shells.rows, self._shells.width)

    def _cover(self, jumps: Integers) -> Bytes:
        """Return which of the bytes that are looked at the surface covers from any of some places so many bits away."""
        at = (jumps & 7) * self._row + (jumps >> 3) + self._start
        if self._places is None:
            covered, size = self._covered, self._covered.size
            np.copyto(covered, self._moved[at[0] : at[0] + size])
            for start in at[1:].tolist():
                np.bitwise_or(covered, self._moved[start : start + size], out=covered)
            return covered
        covered = np.zeros(len(self._places), np.uint8)
        step = max(1, GATHERED // len(self._places))
        for first in range(0, len(at), step):
            gathered = self._moved.take(self._places + at[first : first + step, None])
            covered |= np.bitwise_or.reduce(gathered, axis=0)
        return covered

    def _thin_out(self) -> None:
        """Look at bytes with voxels left alone, where these are few."""
        if self._places is None and np.count_nonzero(self._left) > SPARSE * self._left.size:
            return
        kept = np.flatnonzero(self._left != 0)
        self._places = kept if self._places is None else self._places[kept]
        self._left, self._outside = self._left[kept], self._outside[kept]


@lru_cache(maxsize=4)
def _ball(steps: tuple[float, ...]) -> tuple[Array, Floats, Counts, float]:
    """Return the voxels round one, (N, 3), how far they lie, (N,), the nearest first; and where each shell begins.

    They are all that lie within a radius in mm, which is the last that is returned: that of a ball of so many voxels,
    or a smaller one where they are long.

    Parameters
    ----------
    steps : tuple of 9 float
        The rows of (3, 3), see `Shells`.
    """
    axes = np.array(steps).reshape(3, 3)
    # A ball reaches so far along each axis, however slanted these are.
    inverse = np.linalg.norm(np.linalg.inv(axes), axis=1)
    radius = min((0.75 * MOST * abs(float(np.linalg.det(axes))) / np.pi) ** (1 / 3), FURTHEST / float(inverse.max()))
    edges = np.floor(radius * inverse).astype(np.intp)
    voxels = np.stack(np.meshgrid(*(np.arange(-edge, edge + 1) for edge in edges), indexing="ij"), -1).reshape(-1, 3)
    lengths = np.linalg.norm(voxels @ axes.T, axis=1)
    # Without the voxel itself.
    order = np.argsort(lengths, kind="stable")[1 : np.count_nonzero(lengths <= radius)]
    lengths = lengths[order]
    # What differs by rounding alone is one shell.
    starts = np.flatnonzero(np.diff(lengths, prepend=-1.0) > 1e-12 * radius)
    return voxels[order], lengths, starts, radius
