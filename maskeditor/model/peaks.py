"""Peaks of a curve that stand out."""

from __future__ import annotations

import math

import numpy as np

from maskeditor.engine.arrays import Floats


def smoothed(heights: Floats, sigma: float) -> Floats:
    """Smooth heights with a Gaussian, repeating the first and last."""
    reach = math.ceil(3 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(heights.astype(np.float64), reach, mode="edge")
    made: Floats = np.convolve(padded, weights / weights.sum(), mode="valid")
    return made


def peaks_of(heights: Floats, prominence: float) -> list[int]:
    """Return the places of the peaks that stand out by at least so much from the valleys towards higher ones.

    The ends count as peaks too, as a background peak often has no left side.

    Examples
    --------
    >>> peaks_of(np.array([9, 2, 5, 4, 5.5, 1, 3]), prominence=2)
    [0, 4, 6]
    """
    # As when water falls: summits appear one after another, and an island that meets a higher one is a peak if it
    # stood out enough by then. Each place knows its island by the place of the summit.
    islands: dict[int, int] = {}

    def summit(place: int) -> int:
        while islands[place] != place:
            place = islands[place]
        return place

    found = []
    for place in np.argsort(-heights, kind="stable").tolist():
        near = {summit(side) for side in (place - 1, place + 1) if side in islands}
        highest = min(near, key=lambda top: (-heights[top], top), default=place)
        islands[place] = highest
        for lower in near - {highest}:
            islands[lower] = highest
            if heights[lower] - heights[place] >= prominence:
                found.append(lower)
    if heights.size:
        found.append(int(np.argmax(heights)))
    return sorted(found)
