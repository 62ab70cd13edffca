"""Affines: from voxel indices to world millimetres and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from maskeditor.engine.arrays import Affine, Points


def apply_affine(affine: Affine, points: ArrayLike) -> Points:
    """Return positions moved by an affine; equal to `nibabel.affines.apply_affine`.

    Parameters
    ----------
    affine : (4, 4) array of float64
    points : (..., 3) array_like of float
        Voxel indices, which may be fractional, or mm.

    Returns
    -------
    (..., 3) array of float64

    Examples
    --------
    >>> apply_affine(np.diag([2.0, 2.0, 3.0, 1.0]), [[1, 2, 3]])
    array([[2., 4., 9.]])
    """
    moved: Points = np.asarray(points, dtype=np.float64) @ affine[:3, :3].T + affine[:3, 3]
    return moved


def inverse_of(affine: Affine) -> Affine:
    """Return the affine (4, 4) of float64 that leads back, read-only.

    Parameters
    ----------
    affine : (4, 4) array of float64
        Not singular.

    Examples
    --------
    >>> inverse_of(np.diag([2.0, 2.0, 4.0, 1.0])).diagonal()
    array([0.5 , 0.5 , 0.25, 1.  ])
    """
    matrix: Affine = np.asarray(np.linalg.inv(affine), dtype=np.float64)
    matrix.setflags(write=False)
    return matrix
