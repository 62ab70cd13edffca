"""How a rotation is written in a NIfTI header: as a quaternion.

The method is the second of https://nifti.nimh.nih.gov (nifti1.h).
"""

from __future__ import annotations

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Array


def quaternion(geometry: Geometry) -> tuple[tuple[float, float, float], float]:
    """Return b, c, d and qfac of the nearest rotation."""
    directions = geometry.affine[:3, :3] / np.array(geometry.zooms)
    left, _, right = np.linalg.svd(directions)
    nearest = left @ right
    qfac = 1.0 if np.linalg.det(nearest) > 0 else -1.0
    r = nearest * (1, 1, qfac)
    # The eigenvector of the largest eigenvalue is the quaternion (Bar-Itzhack 2000).
    k = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], 0, 0, 0],
            [r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], 0, 0],
            [r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1], 0],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
        ]
    )
    b, c, d, a = np.linalg.eigh(k)[1][:, -1].tolist()
    sign = -1.0 if a < 0 else 1.0
    return (sign * b, sign * c, sign * d), qfac


def rotation(quaternion: Array, tolerance: float) -> Array:
    """Return the rotation that a quaternion stands for (nifti1.h, method 2); that of too long a one as ITK has it.

    Parameters
    ----------
    quaternion : (3,) array of longdouble
        b, c and d, in the widest floats, as nibabel works with them: the results are equal to the last bit.
    tolerance : float
        What is left to 1 counts as nothing below.

    Returns
    -------
    (3, 3) array of longdouble

    Examples
    --------
    >>> rotation(np.array([0, 0, 1], np.longdouble), 1e-6).astype(int).tolist()
    [[-1, 0, 0], [0, -1, 0], [0, 0, 1]]
    """
    b, c, d = quaternion
    rest = 1 - (b * b + c * c + d * d)
    a = np.sqrt(rest) if rest >= tolerance else np.longdouble(0)
    s = 2 / (a * a + b * b + c * c + d * d)
    return np.array(
        [
            [1 - s * (c * c + d * d), s * (b * c - a * d), s * (b * d + a * c)],
            [s * (b * c + a * d), 1 - s * (b * b + d * d), s * (c * d - a * b)],
            [s * (b * d - a * c), s * (c * d + a * b), 1 - s * (b * b + c * c)],
        ]
    )
