"""From stored values to pixels: grey levels, overlay states, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.mask import Colour

Pixels = NDArray[np.uint32]
#: Grey levels, or what lies over each voxel.
Levels = NDArray[np.uint8]

#: What lies over a voxel: nothing, a layer (`FIRST_LAYER` + its place), or a preview's change. The highest is on top.
NOTHING, FIRST_LAYER, ADDED, REMOVED = 0, 1, 254, 255
#: More layers than this cannot be distinguished in one byte.
MOST_LAYERS = ADDED - FIRST_LAYER
#: Voxels that a preview adds and takes away: green and violet stay far apart from each other and from the colours that
#: ROIs are given first, for colour-blind people too.
ADDED_COLOUR: Colour = (60, 230, 60)
REMOVED_COLOUR: Colour = (120, 20, 255)
#: A preview stays visible when the masks are set to be faint.
PREVIEW_OPACITY = 0.7


def to_grey(
    values: NDArray[Any],
    low: float,
    high: float,
    out: Levels,
    scratch: NDArray[np.float32],
) -> None:
    """Work out grey levels: `low` and below become 0, `high` and above 255, NaN 0.

    Five passes of plain arithmetic, which processors do 8 to 16 voxels at a time, are faster than a look-up in
    a table of 65,536 grey levels, need no table to be built when the window changes, and serve every type.

    Parameters
    ----------
    values : array of any real type
    low, high : float
        The window, in the units of `values`. Where they are equal, what is above is 255 and the rest 0; where
        `low` is greater, the scale is reversed.
    out : array of uint8
        Of the shape and memory order of `values`.
    scratch : array of float32
        Of the same shape and order; overwritten.

    Examples
    --------
    >>> values = np.array([-5, 0, 50, 100, 900], np.int16)
    >>> out, scratch = np.empty(5, np.uint8), np.empty(5, np.float32)
    >>> to_grey(values, 0, 100, out, scratch); out.tolist()
    [0, 0, 128, 255, 255]
    """
    if low == high:
        np.greater(values, low, out=scratch, casting="unsafe")
        np.multiply(scratch, 255, out=out, casting="unsafe")
        return
    with np.errstate(all="ignore"):
        # Small types are exact in single precision; for others the first step is done in double.
        exact = values.dtype.itemsize <= 2 or values.dtype == np.float32
        np.subtract(values, np.float32(low) if exact else np.float64(low), out=scratch, casting="unsafe")
        np.multiply(scratch, np.float32(255.0 / (high - low)), out=scratch)
        np.add(scratch, np.float32(0.5), out=scratch)
        # A third of the time that a maximum and a minimum take, even with the pass for NaN that they would not need.
        np.clip(scratch, np.float32(0), np.float32(255), out=scratch)
        np.copyto(out, scratch, casting="unsafe")
        if values.dtype.kind == "f":
            np.multiply(out, values == values, out=out)  # 0 where it is NaN, which is not equal to itself


def colour_table(colour_map: Levels, layers: Sequence[Colour], opacity: float, outline: bool = False) -> Pixels:
    """Make the table of pixels for every overlay state and grey level.

    Parameters
    ----------
    colour_map : (256, 3) array of uint8
        Red, green, blue for each grey level.
    layers : sequence of colours
        Of the states from `FIRST_LAYER` on.
    opacity : float
        Of the layers, 0 to 1.
    outline : bool
        Whether layers are drawn as outlines; as there is less of them, they are drawn twice as strong.

    Returns
    -------
    (65536,) array of uint32
        0xffRRGGBB at state × 256 + grey.

    Examples
    --------
    >>> grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    >>> table = colour_table(grey, [(255, 0, 0)], opacity=0.5)
    >>> hex(table[0x80]), hex(table[FIRST_LAYER << 8 | 0x80])
    ('0xff808080', '0xffc04040')
    """
    strength = min(1.0, 2 * opacity) if outline else opacity
    preview = max(opacity, PREVIEW_OPACITY)
    table = np.zeros((256, 256), np.uint32)
    table[NOTHING] = _packed(colour_map)
    for state, colour, weight in (
        *((FIRST_LAYER + place, colour, strength) for place, colour in enumerate(layers)),
        (ADDED, ADDED_COLOUR, preview),
        (REMOVED, REMOVED_COLOUR, preview),
    ):
        table[state] = _packed(colour_map * (1 - weight) + np.array(colour) * weight)
    return table.ravel()


def _packed(colours: NDArray[Any]) -> Pixels:
    """Return 0xffRRGGBB of colours (256, 3) between 0 and 255."""
    red, green, blue = np.rint(colours).astype(np.uint32).T
    packed: Pixels = red << 16 | green << 8 | blue | 0xFF000000
    return packed


def compose(grey: Levels, states: Levels | None, table: Pixels, out: Pixels, scratch: NDArray[np.uint16]) -> None:
    """Look the pixels of a slice up.

    Parameters
    ----------
    grey : 2-D array of uint8
    states : 2-D array of uint8 or None
        What lies over each voxel; None for nothing anywhere.
    table : array of uint32
        From `colour_table`.
    out : 2-D array of uint32
        Overwritten with 0xffRRGGBB.
    scratch : 2-D array of uint16
        Overwritten.

    Notes
    -----
    All arrays have one shape; it is fastest when they also have one memory order. They may be parts of larger
    arrays, so that only what a brush has touched is worked out.

    Examples
    --------
    >>> out, scratch = np.empty((1, 2), np.uint32), np.empty((1, 2), np.uint16)
    >>> grey, states = np.array([[7, 9]], np.uint8), np.array([[0, 1]], np.uint8)
    >>> compose(grey, states, np.arange(1024, dtype=np.uint32), out, scratch); out.tolist()
    [[7, 265]]
    """
    if states is None:
        index: NDArray[Any] = grey
    else:
        np.multiply(states, np.uint16(256), out=scratch)
        np.bitwise_or(scratch, grey, out=scratch)
        index = scratch
    if out.flags.f_contiguous:  # numpy's take works in C order and would copy otherwise
        index, out = index.T, out.T
    if out.flags.c_contiguous:
        # No index is out of bounds: "raise" would buffer the output, and "clip" takes half as long again.
        np.take(table, index, out=out, mode="wrap")
    else:
        out[...] = table[index]
