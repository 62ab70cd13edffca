"""What no scanner can mean: a place where nothing lies, an intercept beside which the values vanish."""

from __future__ import annotations

from typing import Any

import numpy as np

from maskeditor.core.space.geometry import Geometry

#: Nothing lies further from the origin (mm).
_FAR = 1e6
#: What a value stored as a float is held to be at most, and the least part of an intercept that is not lost on the way
#: through 32-bit floats.
_LARGEST_FLOAT, _LEAST = 1e9, 2.0**-24


def doubts_of_place(geometry: Geometry) -> tuple[str, ...]:
    """Return a sentence if an image lies where nothing can.

    Examples
    --------
    >>> doubts_of_place(Geometry((2, 2, 2), np.eye(4)))
    ()
    """
    away = float(np.abs(geometry.corners()).max())
    if away <= _FAR:
        return ()
    return (
        f"The header places the image {away:.3g} mm from the origin, where nothing can lie and voxels can hardly be "
        "told apart, and ITK may not open masks on it; repair its header.",
    )


def doubts_of_scaling(slope: float, intercept: float, stored: np.dtype[Any]) -> tuple[str, ...]:
    """Return a sentence if beside the intercept all values that a type can store are lost.

    Examples
    --------
    >>> doubts_of_scaling(1.0, -1024.0, np.dtype(np.int16))
    ()
    """
    largest = 2.0 ** (8 * stored.itemsize) if stored.kind in "iu" else _LARGEST_FLOAT
    if abs(intercept) * _LEAST <= abs(slope) * largest:
        return ()
    return (
        f"The header states an intercept of {intercept:g} for a slope of {slope:g}, beside which the stored values are "
        "lost, so that all intensities are nearly alike; repair its header.",
    )
