"""The difference of two masks inside the box that changed: small, and its own inverse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import zstandard

from maskeditor.core.errors import OperationError
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box, Voxel, bounding_box

#: Voxels handled at a time, so that temporaries stay in the cache.
CHUNK = 1 << 20

#: Returns what reads the bits of a delta back from where they are kept besides, or None if they are nowhere else.
Keep = Callable[["Delta"], Callable[[], bytes] | None]


class Delta:
    """The exclusive-or of two masks in a box, packed to bits and compressed.

    Examples
    --------
    >>> before = np.zeros((3, 3, 3), bool, order="F")
    >>> after = before.copy(order="F"); after[1, 1, 1:] = True
    >>> delta = Delta.between(before, after, Box.whole((3, 3, 3)))
    >>> delta.box, delta.added, delta.removed
    (Box(start=(1, 1, 1), stop=(2, 2, 3)), 2, 0)
    >>> delta.toggle(before); bool((before == after).all())
    True
    """

    __slots__ = ("__weakref__", "_bits", "_read", "added", "box", "removed")

    def __init__(self, box: Box, added: int, removed: int, bits: bytes) -> None:
        self.box = box
        self.added = added
        self.removed = removed
        self._bits: bytes | None = bits
        self._read: Callable[[], bytes] | None = None

    @classmethod
    def between(cls, before: BoolArray, after: BoolArray, within: Box) -> Delta | None:
        """Return what turns one mask into another, or None when nothing changes.

        Parameters
        ----------
        before : (I, J, K) array of bool
            The mask before.
        after : array of bool of the box's shape
            The mask after, inside the box; outside it nothing changed.
        within : Box
            The box that holds every change.
        """
        # One chunk of planes after another, so that no second mask is made on the way.
        scratch = np.empty((*within.shape[:2], min(within.shape[2], _planes(within.shape))), dtype=bool, order="F")
        old, packed, tight = before[within.slices], _Packed(), None
        for part in _chunks(within.shape):
            changed = np.not_equal(old[:, :, part], after[:, :, part], out=scratch[:, :, : part.stop - part.start])
            found = bounding_box(changed)
            if found is not None:
                tight = found.moved((0, 0, part.start)).union(tight)
            # As long as the box may prove to be as small as it can be, one pass does all.
            if tight is not None and tight.start[2] == 0:
                packed.add(changed, old[:, :, part])
        if tight is None:
            return None
        if tight != Box.whole(within.shape):
            old, after, packed = old[tight.slices], after[tight.slices], _Packed()
            for part in _chunks(tight.shape):
                packed.add(np.not_equal(old[:, :, part], after[:, :, part], order="F"), old[:, :, part])
        bits = zstandard.ZstdCompressor(level=1).compress(b"".join(packed.pieces))
        return cls(tight.moved(within.start), packed.total - packed.removed, packed.removed, bits)

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        return len(self._bits) if self._bits is not None else 0

    @property
    def changed(self) -> int:
        """Number of voxels that differ."""
        return self.added + self.removed

    def bits(self) -> bytes:
        """Return the packed and compressed bits, read back if they were put elsewhere."""
        bits = self._bits  # once, as another thread may put them away meanwhile
        if bits is not None:
            return bits
        assert self._read is not None
        return self._read()

    def put_away(self, keep: Keep) -> bool:
        """Let go of the bits if they are kept elsewhere; return whether they are."""
        if self._bits is not None:
            read = keep(self)
            if read is None:
                return False
            self._read = read
            self._bits = None
        return True

    def toggle(self, mask: BoolArray) -> None:
        """Change a mask (I, J, K) in place: one way and, the next time, back."""
        try:
            packed = np.frombuffer(zstandard.ZstdDecompressor().decompress(self.bits()), dtype=np.uint8)
        except zstandard.ZstdError:
            raise OperationError("The voxels of a change are damaged; go on from the last saved mask.") from None
        target = mask[self.box.slices]
        plane = target.shape[0] * target.shape[1]
        for part in _chunks(target.shape):
            part_of = target[:, :, part]
            first = part.start * plane >> 3
            flags = np.unpackbits(packed[first:], bitorder="little", count=part_of.size)
            part_of ^= flags.view(bool).reshape(part_of.shape, order="F")


class _Packed:
    """Bits of the voxels that change, and how many there are."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.total = 0
        self.removed = 0

    def add(self, changed: BoolArray, old: BoolArray) -> None:
        """Take a chunk in Fortran order, which is written over, and what was there before."""
        flat = changed.reshape(-1, order="F")
        bits = np.packbits(flat, bitorder="little")
        total = int(np.bitwise_count(bits).sum(dtype=np.int64))
        self.pieces.append(bits.tobytes())
        if total:
            self.total += total
            np.logical_and(changed, old, out=changed)
            self.removed += int(np.count_nonzero(flat))


def _planes(shape: Voxel) -> int:
    """Return how many planes go together: a chunk of them, in eights, so that each chunk's bits fill whole bytes."""
    return max(8, CHUNK // (shape[0] * shape[1]) // 8 * 8)


def _chunks(shape: Voxel) -> list[slice]:
    step = _planes(shape)
    return [slice(first, min(shape[2], first + step)) for first in range(0, shape[2], step)]
