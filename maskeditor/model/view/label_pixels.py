"""From labels to pixels: each looked up once, however many labels there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.model.label_images import LabelImage
from maskeditor.model.view.pixels import Pixels, packed

#: Places of labels in a table, where the values themselves would need too large a one.
Ranks = NDArray[np.uint16]


def is_direct(dtype: np.dtype[np.generic]) -> bool:
    """Whether values of a type are few enough to be places in a table themselves, negative ones from its end."""
    return dtype.kind in "iu" and dtype.itemsize <= 2


def label_table(labels: LabelImage, opacity: float) -> Pixels:
    """Make the table of pixels for every value of an image of labels.

    Parameters
    ----------
    labels : LabelImage
    opacity : float
        0 to 1.

    Returns
    -------
    (M,) array of uint32
        0xAARRGGBB, colours multiplied by their opacity, 0 for what is no label: by the stored value, if `is_direct`;
        else by its place among those that there are, with one more at the end for what is not a number.

    Examples
    --------
    >>> from maskeditor.core.space.label_image import NamedLabel
    >>> image = LabelImage(np.array([0, 2], np.uint8), np.array([0, 2]), {2: NamedLabel("two", (255, 0, 0))})
    >>> table = label_table(image, 0.5)
    >>> len(table), hex(table[0]), hex(table[2])
    (256, '0x0', '0x80800000')
    """
    colours = np.array([labels.colour(number) for number in labels.numbers.tolist()]).reshape(-1, 3)
    weight = np.where(labels.numbers[:, None] != 0, opacity, 0.0)
    pixels = packed(colours * weight, weight)
    stored = labels.stored
    if not is_direct(stored.dtype):
        return np.append(pixels, np.uint32(0))
    table = np.zeros(1 << 8 * stored.dtype.itemsize, np.uint32)
    table[stored] = pixels
    return table


def ranks(labels: LabelImage, values: Array, out: Ranks) -> Ranks:
    """Write the place of each value among those that there are, the first after the last for what is not a number."""
    out[...] = np.searchsorted(labels.stored, values)
    return out


def borders(places: Array) -> BoolArray:
    """Return the pixels of a slice (2-D), of places in a table, of which one of the four neighbours has another label.

    Examples
    --------
    >>> borders(np.array([[1, 1, 1, 1], [1, 1, 1, 2], [1, 1, 1, 1]])).astype(int).tolist()
    [[0, 0, 0, 1], [0, 0, 1, 1], [0, 0, 0, 1]]
    """
    found = np.zeros_like(places, np.bool_)
    for axis in (0, 1):
        before, after = _beside(places, axis)
        differ = before != after
        for side in _beside(found, axis):
            np.logical_or(side, differ, out=side)
    return found


def _beside(array: Array, axis: int) -> tuple[Array, Array]:
    """Return all pixels but the last, and all but the first, along an axis."""
    return (array[:-1], array[1:]) if axis == 0 else (array[:, :-1], array[:, 1:])
