"""Colours of labels that no table gives one: as far apart as can be, for colour-blind people too."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.mask import Colour, Roi
from maskeditor.engine.arrays import Floats

#: How many there are, before they come again.
COUNT = 256
#: That of label 1: the first of ROIs.
FIRST = Roi.colour
#: Colours that are looked at: so many steps of red, green and blue each, of which those go that are nearly grey, or so
#: dark or light that they are lost on an image.
_STEPS, _LEAST_CHROMA, _LIGHTNESS = 16, 30.0, (35.0, 92.0)
#: What linear red, green and blue become for who lacks the cones for red (protanopia), for green (deuteranopia) and for
#: blue (tritanopia); Machado, Oliveira and Fernandes 2009, severity 1.
_PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
_DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
_TRITANOPIA = ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900))
_VISIONS = (np.eye(3), np.array(_PROTANOPIA), np.array(_DEUTERANOPIA), np.array(_TRITANOPIA))
#: Linear red, green and blue as CIE X, Y, Z (sRGB, D65).
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def seen(colours: NDArray[np.uint8]) -> Floats:
    """Return colours as people of four kinds see them: with all cones, and without those for red, green or blue.

    Parameters
    ----------
    colours : (N, 3) array of uint8
        Red, green, blue.

    Returns
    -------
    (4, N, 3) array of float64
        CIE L*, a*, b*, in which a distance is how different two colours look.
    """
    shares = colours / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    views = np.stack([np.clip(linear @ vision.T, 0, 1) for vision in _VISIONS])
    relative = views @ _XYZ.T / _XYZ.sum(axis=1)
    bent = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def least_apart(one: Sequence[Colour], other: Sequence[Colour]) -> float:
    """Return the least difference of a colour of some from one of others, for the people for whom it is least.

    Examples
    --------
    >>> least_apart([(255, 0, 0)], [(255, 0, 0), (0, 0, 255)])
    0.0
    """
    looks, others = seen(np.array(one, np.uint8)), seen(np.array(other, np.uint8))
    return float(np.linalg.norm(looks[:, :, None] - others[:, None], axis=-1).min())


@cache
def palette() -> NDArray[np.uint8]:
    """Return the colours (256, 3) uint8, each the one that differs most from all before it.

    As Glasbey and others (2007) have it; here the least of the differences that people of four kinds see counts.
    """
    step = np.linspace(0, 255, _STEPS).round().astype(np.uint8)
    every = np.stack(np.meshgrid(step, step, step, indexing="ij"), axis=-1).reshape(-1, 3)
    lightness, *tint = np.moveaxis(seen(every)[0], -1, 0)
    fit = (np.hypot(*tint) >= _LEAST_CHROMA) & (lightness >= _LIGHTNESS[0]) & (lightness <= _LIGHTNESS[1])
    candidates = every[fit]
    looks = seen(candidates)
    chosen = [np.array(FIRST, np.uint8)]
    nearest = np.full(len(candidates), np.inf)
    for place in range(COUNT):
        if place == len(chosen):
            chosen.append(candidates[int(np.argmax(nearest))])
        apart = np.linalg.norm(looks - seen(chosen[place][None]), axis=-1).min(axis=0)
        np.minimum(nearest, apart, out=nearest)
    made = np.stack(chosen)
    made.setflags(write=False)
    return made


def colour_of(number: int) -> Colour:
    """Return the colour of a label that has none of its own; the same wherever that number is met.

    Examples
    --------
    >>> colour_of(1), colour_of(257) == colour_of(1)
    ((230, 60, 60), True)
    """
    red, green, blue = palette()[(number - 1) % COUNT].tolist()
    return red, green, blue
