"""The difference of two masks inside the box that changed: small, and its own inverse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import zstandard

from maskeditor.core.box import Box, bounding_box
from maskeditor.core.scene import BoolArray

#: Voxels handled at a time, so that temporaries stay in the cache (a multiple of 8: whole bytes of packed bits).
CHUNK = 1 << 20

#: Keeps bytes elsewhere and returns how to read them back.
Keep = Callable[[bytes], Callable[[], bytes]]


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
        old = before[within.slices]
        changed = np.empty(within.shape, dtype=bool, order="F")
        np.not_equal(old, after, out=changed)
        tight = bounding_box(changed)
        if tight is None:
            return None
        inside = changed[tight.slices]
        total = int(np.count_nonzero(inside))
        removed = 0
        for plane in range(inside.shape[2]):
            removed += int(np.count_nonzero(inside[:, :, plane] & old[tight.slices][:, :, plane]))
        bits = np.packbits(inside.T.reshape(-1), bitorder="little")
        box = tight.moved(within.start)
        return cls(box, total - removed, removed, zstandard.ZstdCompressor(level=1).compress(bits.tobytes()))

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
        if self._bits is not None:
            return self._bits
        assert self._read is not None
        return self._read()

    def put_away(self, keep: Keep) -> None:
        """Keep the bits elsewhere instead of in memory."""
        if self._bits is not None:
            self._read = keep(self._bits)
            self._bits = None

    def toggle(self, mask: BoolArray) -> None:
        """Change a mask (I, J, K) in place: one way and, the next time, back."""
        packed = np.frombuffer(zstandard.ZstdDecompressor().decompress(self.bits()), dtype=np.uint8)
        target = mask[self.box.slices]
        plane = target.shape[0] * target.shape[1]
        # Planes go together until they fill a chunk; a chunk starts on a whole byte by unpacking from its first bit.
        step = max(1, CHUNK // plane)
        for first in range(0, target.shape[2], step):
            part = target[:, :, first : first + step]
            start, size = first * plane, part.size
            skip = start & 7
            flags = np.unpackbits(packed[start >> 3 : (start + size + 7) >> 3], bitorder="little", count=skip + size)
            part ^= flags[skip:].view(bool).reshape(part.shape, order="F")
