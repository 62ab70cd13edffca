"""Several masks as one image of labels: painted over one another, and the voxels that they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.mask import Colour
from maskeditor.core.space.mask_bits import FEW, MaskBits, Rows
from maskeditor.engine import bits
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.in_range import chunks
from maskeditor.engine.progress import Progress

#: More labels than this are held to be an image of intensities.
MOST_LABELS = 4096

Numbers = NDArray[np.unsignedinteger[Any]]


class NamedLabel(NamedTuple):
    """What a table of labels says of a number.

    Parameters
    ----------
    name : str
    colour : tuple of 3 int or None
        Red, green, blue, 0 to 255; None where the table gives none.
    """

    name: str
    colour: Colour | None = None


class Overlap(NamedTuple):
    """Voxels that two masks share.

    Parameters
    ----------
    under, over : int
        Places of the two in their list; the later lies over the earlier.
    voxels : int
    place : tuple of 3 int
        One of the voxels.
    """

    under: int
    over: int
    voxels: int
    place: Voxel


class Overlaps(NamedTuple):
    """What masks that are painted over one another hide.

    Parameters
    ----------
    pairs : tuple of Overlap
    hidden : tuple of int
        Places of the masks of which no voxel is left, though they have some.
    """

    pairs: tuple[Overlap, ...]
    hidden: tuple[int, ...]


def painted(masks: Sequence[tuple[int, MaskBits]], shape: Voxel, progress: Progress | None = None) -> Numbers:
    """Return an image of labels: each mask's number where it has voxels, that of the later where several have.

    Parameters
    ----------
    masks : sequence of (int, MaskBits)
        Each with its number, 1 or more.
    shape : tuple of 3 int
    progress : Progress, optional

    Returns
    -------
    (I, J, K) array of unsigned integers
        Of the smallest type that holds its numbers, in Fortran order; 0 where no mask has a voxel.

    Examples
    --------
    >>> import numpy as np
    >>> one, other = (MaskBits.of(np.array(flags, bool).reshape(4, 1, 1)) for flags in ([1, 1, 0, 0], [0, 1, 1, 0]))
    >>> labels = painted([(1, one), (7, other)], (4, 1, 1))
    >>> labels.ravel().tolist(), str(labels.dtype)
    ([1, 7, 7, 0], 'uint8')
    """
    progress = progress or Progress()
    largest = max((number for number, _ in masks), default=0)
    labels: Numbers = np.zeros(shape, np.min_scalar_type(largest), order="F")
    for place, (number, mask) in enumerate(masks):
        part = progress.within(place / len(masks), (place + 1) / len(masks))
        box = mask.bounds()
        if box is None:
            continue
        for piece, done in chunks(box.shape, FEW):
            where = box.part(piece)
            labels[where.slices][mask.read(where)] = number
            part(done)
    return labels.astype(np.min_scalar_type(int(labels.max(initial=0))), order="F", copy=False)


def is_painted(labels: Numbers, number: int, box: Box) -> bool:
    """Return whether an image of labels, an (I, J, K) array of unsigned integers, has a number inside a box.

    Examples
    --------
    >>> is_painted(np.array([[[0, 2]]], np.uint8), 2, Box((0, 0, 0), (1, 1, 1)))
    False
    """
    return any((labels[box.part(piece).slices] == number).any() for piece, _ in chunks(box.shape, FEW))


def overlaps(masks: Sequence[MaskBits], progress: Progress | None = None) -> Overlaps:
    """Return what masks share that are painted over one another in this order.

    Parameters
    ----------
    masks : sequence of MaskBits
        On one grid.
    progress : Progress, optional

    Examples
    --------
    >>> import numpy as np
    >>> one, other = (MaskBits.of(np.array(flags, bool).reshape(4, 1, 1)) for flags in ([0, 1, 0, 0], [0, 1, 1, 0]))
    >>> overlaps([one, other])
    Overlaps(pairs=(Overlap(under=0, over=1, voxels=1, place=(1, 0, 0)),), hidden=(0,))
    """
    progress = progress or Progress()
    pairs: list[Overlap] = []
    hidden: list[int] = []
    boxes = [mask.bounds() for mask in masks]
    for under, (mask, box) in enumerate(zip(masks, boxes, strict=True)):
        if box is None:
            continue
        # Eight voxels a byte: of sixty masks no more than two are looked at, and neither is unpacked.
        left = mask.rows(box)
        for over in range(under + 1, len(masks)):
            other = boxes[over]
            both = box.intersection(other) if other is not None else None
            if both is None:
                continue
            above = masks[over].rows(both)
            shared = Rows(both, np.bitwise_and(mask.rows(both).data, above.data))
            first = shared.bounds()
            if first is not None:
                pairs.append(Overlap(under, over, bits.count(shared.data), _voxel(shared)))
                part = left.part(both)
                np.bitwise_and(part, ~above.data, out=part)
        if not bits.count(left.data):
            hidden.append(under)
        progress((under + 1) / len(masks))
    return Overlaps(tuple(pairs), tuple(hidden))


def _voxel(rows: Rows) -> Voxel:
    """Return the first voxel of some packed rows, of which there is one."""
    k, j, byte = (int(place) for place in np.unravel_index(int(np.argmax(rows.data != 0)), rows.data.shape))
    lowest = int(rows.data[k, j, byte])
    i, start_j, start_k = rows.box.start
    return (i - i % 8) + 8 * byte + (lowest & -lowest).bit_length() - 1, start_j + j, start_k + k
