"""From labels to pixels: each looked up once, however many labels there are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, BoolArray, Floats
from maskeditor.model.label_images import LabelImage

#: Places of labels in a table.
Places = NDArray[np.unsignedinteger[Any]]
#: Where the values themselves would need too large a one.
Ranks = NDArray[np.uint16]
#: The last place that there can be.
MOST = 0xFFFF


def is_direct(labels: LabelImage) -> bool:
    """Whether the values as they are stored are places in a table themselves, with one more behind them."""
    stored = labels.stored
    is_small = stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2
    return is_small and (not stored.size or (stored[0] >= 0 and stored[-1] < MOST))


@lru_cache(maxsize=8)
def label_colours(labels: LabelImage, opacity: float) -> tuple[Floats, Floats]:
    """Return the colours of every place of an image of labels.

    Parameters
    ----------
    labels : LabelImage
    opacity : float
        0 to 1.

    Returns
    -------
    colours : (W, 3) array of float64
        Red, green and blue, multiplied by their opacity: at the stored value, if `is_direct`; else by its place among
        those that there are. One more at the end is clear: the place of what is no number, or is not to be seen.
    weight : (W, 1) array of float64
        That opacity, 0 for what is no label.

    Examples
    --------
    >>> from maskeditor.core.space.label_image import NamedLabel
    >>> image = LabelImage(np.array([0, 2], np.uint8), np.array([0, 2]), {2: NamedLabel("two", (255, 0, 0))})
    >>> colours, weight = label_colours(image, 0.5)
    >>> colours[2].tolist(), weight.ravel().tolist()
    ([127.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.0])
    """
    places = labels.stored.astype(np.int64) if is_direct(labels) else np.arange(labels.stored.size)
    width = 2 + (int(places[-1]) if places.size else -1)
    colours, weight = np.zeros((width, 3)), np.zeros((width, 1))
    weight[places, 0] = np.where(labels.numbers != 0, opacity, 0.0)
    colours[places] = np.array([labels.colour(number) for number in labels.numbers.tolist()]).reshape(-1, 3)
    colours *= weight
    return colours, weight


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
