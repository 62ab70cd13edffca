"""The difference of two masks inside the box that changed: small, and its own inverse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import zstandard

from maskeditor.core.errors import OperationError
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.arrays import Bytes
from maskeditor.engine.bits import count, unpacked
from maskeditor.engine.box import Box

#: Voxels handled at a time, so that temporaries stay in the cache.
CHUNK = 1 << 20

#: Returns what reads the bits of a delta back from where they are kept besides, or None if they are nowhere else.
Keep = Callable[["Delta"], Callable[["Delta"], bytes] | None]


class Delta:
    """The exclusive-or of two masks in a box, packed to bits and compressed.

    Examples
    --------
    >>> mask, whole = MaskBits((3, 3, 3)), Box.whole((3, 3, 3))
    >>> after = np.zeros((3, 3, 3), bool); after[1, 1, 1:] = True
    >>> delta = Delta.between(mask, Rows.of(whole, after))
    >>> delta.box, delta.added, delta.removed
    (Box(start=(1, 1, 1), stop=(2, 2, 3)), 2, 0)
    >>> delta.toggle(mask); bool((mask[...] == after).all())
    True
    """

    __slots__ = ("__weakref__", "_bits", "_read", "added", "box", "removed")

    def __init__(self, box: Box, added: int, removed: int, bits: bytes) -> None:
        self.box = box
        self.added = added
        self.removed = removed
        self._bits: bytes | None = bits
        self._read: Callable[[Delta], bytes] | None = None

    @classmethod
    def between(cls, before: MaskBits, after: Rows) -> Delta | None:
        """Return what turns one mask into another, or None when nothing changes.

        Parameters
        ----------
        before : MaskBits
            The mask before.
        after : Rows
            The voxels after, of a box that holds every change.
        """
        if before.held_box is None:
            return cls._of(after)
        tight, total, removed, single = None, 0, 0, None
        for box in _pieces(after.box):
            old = before.rows(box).data
            changed = Rows(box, old ^ after.part(box))
            found = changed.bounds()
            if found is not None:
                tight = found.union(tight)
                total += count(changed.data)
                removed += count(np.bitwise_and(changed.data, old, out=old))
            single = changed if box == after.box else None
        if tight is None:
            return None
        # Of a single piece, as every stroke is, it is at hand.
        parts = (
            (single.part(tight),)
            if single is not None
            else (before.rows(box).data ^ after.part(box) for box in _pieces(tight))
        )
        return cls(tight, total - removed, removed, _compressed(parts, tight))

    @classmethod
    def _of(cls, mask: Rows) -> Delta | None:
        """Return what turns an empty mask into another: its own voxels, of which nothing need be copied."""
        tight = mask.bounds()
        if tight is None:
            return None
        voxels = sum(count(mask.part(box)) for box in _pieces(tight))
        return cls(tight, voxels, 0, _compressed((mask.part(box) for box in _pieces(tight)), tight))

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
        return self._read(self)

    def put_away(self, read: Callable[[Delta], bytes]) -> None:
        """Let go of the bits, as they can be read back from elsewhere."""
        self._read = read
        self._bits = None

    def equals(self, other: Delta) -> bool:
        """Whether both change the same voxels in the same way."""
        facts, others = (self.box, self.added, self.removed), (other.box, other.added, other.removed)
        return self is other or (facts == others and self.bits() == other.bits())

    def toggle(self, mask: MaskBits) -> None:
        """Change a mask in place: one way and, the next time, back."""
        try:
            packed = np.frombuffer(_zstandard.decompressor.decompress(self.bits()), dtype=np.uint8)
        except zstandard.ZstdError:
            raise OperationError("The voxels of a change are damaged; go on from the last saved mask.") from None
        row, rows, _ = self.box.shape
        for box in _pieces(self.box):
            first = (box.start[2] - self.box.start[2]) * rows * row // 8
            flags = np.unpackbits(packed[first:], bitorder="little", count=box.size).view(np.bool_)
            mask.toggle(Rows.of(box, flags.reshape(box.shape, order="F")))


class _Zstandard(threading.local):
    """What compresses, one for each thread: to make it takes as long as the rest of a stroke."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_zstandard = _Zstandard()


def _compressed(parts: Iterable[Bytes], tight: Box) -> bytes:
    """Return the bits of a box, cut as `_pieces` does into rows (K, J, bytes), compressed."""
    skip, length = tight.start[0] % 8, tight.shape[0]
    bits = _zstandard.compressor.compress(b"".join(_side_by_side(part, length, skip) for part in parts))
    # Copied, as they were cut from a piece of memory as large as before they were compressed: what is cut off is too
    # small for the next, and so as good as held.
    return bytes(memoryview(bits))


def _side_by_side(rows: Bytes, length: int, skip: int) -> memoryview:
    """Return bits of rows (K, J, bytes), so many of each from `skip` on, without a gap between one row and the next."""
    if length == 8 * rows.shape[2]:  # whole bytes
        return np.ascontiguousarray(rows).data
    return np.packbits(unpacked(rows, length, skip), bitorder="little").data


def _pieces(box: Box) -> Iterator[Box]:
    """Cut a box into planes, some eights of them at a time, so that the bits of each piece fill whole bytes."""
    (i, j, first), (a, b, last) = box
    step = max(8, CHUNK // (box.shape[0] * box.shape[1]) // 8 * 8)
    for k in range(first, last, step):
        yield Box((i, j, k), (a, b, min(last, k + step)))
