"""From stored values to pixels: grey levels, overlay states, colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.mask import Colour
from maskeditor.model.label_colours import least_apart

Pixels = NDArray[np.uint32]
#: Grey levels, or what lies over each voxel.
Levels = NDArray[np.uint8]

#: What lies over a voxel: nothing, the halo of a layer, a layer (`FIRST_LAYER` + its place), a preview's change, or
#: that it is pointed at elsewhere. The highest is on top.
NOTHING, HALO, FIRST_LAYER, ADDED, REMOVED, LIT = 0, 1, 2, 253, 254, 255
#: More layers than this cannot be distinguished in one byte.
MOST_LAYERS = ADDED - FIRST_LAYER
#: Pixels that are looked up at once.
AT_ONCE = 1 << 15
#: Pixels that a table has for all of it.
PLACES = 1 << 16
#: Colours of the voxels that a preview adds and takes away: green and violet are far apart from each other and from the
#: colours that ROIs are given, for colour-blind people too; no colour is near to both these and the second pair.
PREVIEW_COLOURS: tuple[tuple[Colour, Colour], ...] = (((60, 230, 60), (120, 20, 255)), ((0, 136, 153), (170, 51, 0)))
#: How far the colours of a preview are from those of ROIs at least; a difference of 2.3 can just be noticed.
APART = 15.0
#: Voxels that are pointed at elsewhere.
LIT_COLOUR: Colour = (255, 215, 0)
#: The dark rim round a mask on what has colours itself: on bright ones the rim is seen, on dark ones the mask.
HALO_COLOUR: Colour = (0, 0, 0)
HALO_OPACITY = 0.7
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

    A few passes of plain arithmetic, which processors do 8 to 16 voxels at a time, are faster than a look-up in
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
    _scale(values, low, high, out, scratch)
    if values.dtype.kind == "f":
        np.multiply(out, (values == values).view(np.uint8), out=out)  # 0 where it is NaN, which is not equal to itself


def _scale(values: NDArray[Any], low: float, high: float, out: Levels, scratch: NDArray[np.float32]) -> None:
    """Work out grey levels, whatever comes of NaN; all else as for `to_grey`."""
    if low == high:
        np.greater(values, low, out=scratch, casting="unsafe")
        np.multiply(scratch, 255, out=out, casting="unsafe")
        return
    with np.errstate(all="ignore"):
        # Small types are exact in single precision; for others the first step is done in double.
        if values.dtype.itemsize <= 2:
            np.copyto(scratch, values)  # a pass of its own takes less time than to convert while subtracting
            np.subtract(scratch, np.float32(low), out=scratch)
        else:
            exact = values.dtype == np.float32
            np.subtract(values, np.float32(low) if exact else np.float64(low), out=scratch, casting="unsafe")
        np.multiply(scratch, np.float32(255.0 / (high - low)), out=scratch)
        np.add(scratch, np.float32(0.5), out=scratch)
        # A third of the time that a maximum and a minimum take, even with the pass for NaN that they would not need.
        np.clip(scratch, np.float32(0), np.float32(255), out=scratch)
        np.copyto(out, scratch, casting="unsafe")


def to_levels(
    values: NDArray[Any],
    window: tuple[float, float],
    clear: tuple[float, float] | None,
    out: Levels,
    scratch: NDArray[np.float32],
) -> None:
    """Work out the levels of a further image: 0 where it is clear, else 1 to 255 along its colours.

    Parameters
    ----------
    values : array of any real type
    window : tuple of 2 float
        As `low` and `high` of `to_grey`.
    clear : tuple of 2 float, optional
        The span of values, both ends included, that is clear; it may have no end on one side. NaN is clear in any case.
    out, scratch
        As for `to_grey`; the memory order of `values` may be another.

    Examples
    --------
    >>> values = np.array([np.nan, -8, -1, 0, 1, 8], np.float32)
    >>> out, scratch = np.empty(6, np.uint8), np.empty(6, np.float32)
    >>> to_levels(values, (-8, 8), (-2, 2), out, scratch); out.tolist()
    [0, 1, 0, 0, 0, 255]
    """
    _scale(values, *window, out, scratch)
    np.clip(out, np.uint8(1), np.uint8(255), out=out)  # a tenth of the time that a maximum of bytes takes
    if clear is not None:
        low, high = clear
        if values.dtype.kind in "iu":  # so that they are compared as they are
            low, high = (math.ceil(low) if low > -math.inf else low), (math.floor(high) if high < math.inf else high)
        if low == -math.inf:
            np.multiply(out, (values > high).view(np.uint8), out=out)
        elif high == math.inf:
            np.multiply(out, (values < low).view(np.uint8), out=out)
        else:
            np.multiply(out, ((values < low) | (values > high)).view(np.uint8), out=out)
    elif values.dtype.kind == "f":
        np.multiply(out, (values == values).view(np.uint8), out=out)


def colour_table(colour_map: NDArray[Any], layers: Sequence[Colour], opacity: float, outline: bool = False) -> Pixels:
    """Make the table of pixels for every overlay state and grey level.

    Parameters
    ----------
    colour_map : (256, 3) array
        Red, green, blue for each grey level, 0 to 255.
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
    table = np.zeros((256, 256), np.uint32)
    table[NOTHING] = packed(colour_map)
    for state, colour, weight in _weights(layers, opacity, outline):
        table[state] = packed(colour_map * (1 - weight) + np.array(colour) * weight)
    return table.ravel()


@lru_cache(maxsize=8)
def _preview_colours(layers: frozenset[Colour]) -> tuple[Colour, Colour]:
    return min(PREVIEW_COLOURS, key=lambda pair: -min(APART, least_apart(pair, tuple(layers))))


def preview_colours(layers: Sequence[Colour]) -> tuple[Colour, Colour]:
    """Return the colours of what a preview adds and takes away: the first pair that is far from all colours of layers.

    Where none is, it is the one that is farthest.

    Examples
    --------
    >>> preview_colours([(230, 60, 60)]), preview_colours([(230, 60, 60), (60, 220, 60)])
    (((60, 230, 60), (120, 20, 255)), ((0, 136, 153), (170, 51, 0)))
    """
    return _preview_colours(frozenset(layers)) if layers else PREVIEW_COLOURS[0]


def _weights(layers: Sequence[Colour], opacity: float, outline: bool) -> Iterator[tuple[int, Colour, float]]:
    """Yield each overlay state with its colour and its opacity."""
    strength = min(1.0, 2 * opacity) if outline else opacity
    preview = max(opacity, PREVIEW_OPACITY)
    yield HALO, HALO_COLOUR, min(HALO_OPACITY, 2 * opacity)
    yield from ((FIRST_LAYER + place, colour, strength) for place, colour in enumerate(layers))
    for state, colour in zip((ADDED, REMOVED), preview_colours(layers), strict=True):
        yield state, colour, preview
    yield LIT, LIT_COLOUR, preview


def overlay_table(
    colour_map: Levels, opacity: float, layers: Sequence[Colour] = (), strength: float = 0.0, outline: bool = False
) -> Pixels:
    """Make the table of pixels for every overlay state and level of a further image, to be laid over what is below.

    Parameters
    ----------
    colour_map : (256, 3) array of uint8
    opacity : float
        Of the further image, 0 to 1.
    layers, strength, outline
        As `table_over` takes them.

    Returns
    -------
    (65536,) array of uint32
        0xAARRGGBB at state × 256 + level, as `to_levels` gives that; colours are multiplied by their opacity.

    Examples
    --------
    >>> grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    >>> table = overlay_table(grey, 1.0, [(255, 0, 0)], strength=0.6)
    >>> [hex(table[at]) for at in (0, 200, FIRST_LAYER << 8, FIRST_LAYER << 8 | 200)]
    ['0x0', '0xffc8c8c8', '0x99990000', '0xffe95050']
    """
    weight = np.full((256, 1), opacity)
    weight[0] = 0.0
    return table_over(colour_map * weight, weight, layers, strength, outline)


def table_over(
    colours: NDArray[Any], weight: NDArray[np.float64], layers: Sequence[Colour], strength: float, outline: bool
) -> Pixels:
    """Make the table of pixels for every overlay state and some colours, to be laid over what is below.

    Parameters
    ----------
    colours : (W, 3) array
        Red, green and blue, 0 to 255, multiplied by their opacity; no more than `has_room`.
    weight : (W, 1) array of float64
        That opacity, 0 to 1.
    layers : sequence of colours
    strength : float
        The opacity of the layers.
    outline : bool

    Returns
    -------
    (65536,) array of uint32
        0xAARRGGBB, colours multiplied by their opacity, where `compose` looks for them.

    Examples
    --------
    >>> table = table_over(np.array([[0, 0, 0], [200, 200, 200]]), np.array([[0.0], [1.0]]), [(255, 0, 0)], 0.6, False)
    >>> [hex(table[at]) for at in (0, 1, FIRST_LAYER * 2, FIRST_LAYER * 2 + 1)]
    ['0x0', '0xffc8c8c8', '0x99990000', '0xffe95050']
    """
    width = len(colours)
    table = np.zeros(PLACES, np.uint32)
    table[:width] = packed(colours, weight)
    for state, colour, above in _weights(layers, strength, outline):
        start = (state - 256 if state > 127 else state) * width % PLACES
        mixed = colours * (1 - above) + np.array(colour) * above
        table[start : start + width] = packed(mixed, weight * (1 - above) + above)
    return table


def has_room(width: int, layers: int) -> bool:
    """Whether one table holds so many colours under nothing, under each of some layers, and under what else lies there.

    Examples
    --------
    >>> has_room(256, MOST_LAYERS), has_room(402, 100), has_room(402, 128), has_room(1 << 14, 1)
    (True, True, False, False)
    """
    states = FIRST_LAYER + layers
    return width <= 256 or (states <= 128 and (states + 256 - ADDED) * width <= PLACES)


def mixed_table(below: NDArray[Any], colour_map: Levels, opacity: float) -> Pixels:
    """Make the table of pixels for every level of a further image and every grey level of the image below it.

    Parameters
    ----------
    below : (256, 3) array
        Red, green, blue for each grey level, 0 to 255.
    colour_map : (256, 3) array of uint8
        Of the further image.
    opacity : float
        Of the further image, 0 to 1.

    Returns
    -------
    (65536,) array of uint32
        0xffRRGGBB at level × 256 + grey.

    Examples
    --------
    >>> grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    >>> table = mixed_table(grey, grey[::-1], 0.5)
    >>> hex(table[0x80]), hex(table[0xFF << 8 | 0x80])
    ('0xff808080', '0xff404040')
    """
    weight = np.full((256, 1), opacity)
    weight[0] = 0.0
    table = np.full((256, 256), 0xFF000000, np.uint32)
    for channel, shift in enumerate((16, 8, 0)):
        mixed = (1 - weight) * below[:, channel] + weight * colour_map[:, channel : channel + 1]
        table |= np.rint(mixed).astype(np.uint32) << shift
    return table.ravel()


def packed(colours: NDArray[Any], weight: float | NDArray[np.float64] = 1.0) -> Pixels:
    """Return 0xAARRGGBB, (N,), of colours (N, 3) between 0 and 255, and of their opacity, one or (N, 1)."""
    red, green, blue = np.rint(colours).astype(np.uint32).T
    alpha = np.rint(np.multiply(255, weight)).astype(np.uint32).ravel()
    words: Pixels = red << 16 | green << 8 | blue | alpha << 24
    return words


def looked_up(grey: Levels, states: Levels | None, table: Pixels) -> Pixels:
    """Look the pixels of some voxels up.

    Parameters
    ----------
    grey : (V,) array of uint8
    states : (V,) array of uint8 or None
    table : array of uint32

    Returns
    -------
    (V,) array of uint32

    Examples
    --------
    >>> looked_up(np.array([7, 9], np.uint8), np.array([0, 1], np.uint8), np.arange(1024, dtype=np.uint32)).tolist()
    [7, 265]
    """
    pixels: Pixels = table.take(grey if states is None else states * np.uint16(256) | grey)
    return pixels


def compose(
    grey: NDArray[np.unsignedinteger[Any]],
    states: Levels | None,
    table: Pixels,
    out: Pixels,
    scratch: NDArray[np.uint16],
    width: int = 256,
) -> None:
    """Look the pixels of a slice up.

    Parameters
    ----------
    grey : 2-D array of uint8, or of uint16
        The place of each voxel among `width`.
    states : 2-D array of uint8 or None
        What lies over each voxel; None for nothing anywhere.
    table : array of uint32
        From `colour_table`, or others here.
    out : 2-D array of uint32
        Overwritten with 0xffRRGGBB.
    scratch : 2-D array of uint16
        Overwritten.
    width : int
        How many places the table has for each state; those of the states from 128 on are counted from its end, so
        that a table that is wider than 256 has room for the last ones, too.

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
        np.multiply(states.view(np.int8), np.int16(width), out=scratch.view(np.int16))
        np.add(scratch, grey, out=scratch)
        index = scratch
    if out.flags.f_contiguous:  # numpy's take works in C order and would copy otherwise
        index, out = index.T, out.T
    if out.flags.c_contiguous:
        # numpy turns indices into numbers of 8 bytes: all at once, that is 2 MB for a slice of 512 × 512, which take
        # longer to be cleared than everything else here whenever the allocator has given them away meanwhile.
        lines = max(1, AT_ONCE // max(1, out.shape[1]))
        numbers = np.empty((min(lines, len(out)), out.shape[1]), np.intp)
        for start in range(0, len(out), lines):
            some = slice(start, start + lines)
            here = numbers[: len(out[some])]
            np.copyto(here, index[some])
            # No index is out of bounds: "raise" would buffer the output, and "clip" takes half as long again.
            np.take(table, here, out=out[some], mode="wrap")
    else:
        out[...] = table[index]
