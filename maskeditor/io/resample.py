"""Masks from one grid to another."""

from __future__ import annotations

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.progress import Reporter


def resample_mask(
    mask: BoolArray, from_geometry: Geometry, onto: Geometry, progress: Reporter | None = None
) -> BoolArray:
    """Bring a mask to another grid by nearest neighbour; exact where axes are only flipped or permuted.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    from_geometry : Geometry
        The mask's grid.
    onto : Geometry
        The grid wanted.
    progress : callable of float, optional

    Returns
    -------
    array of bool
        Of the shape of `onto`, Fortran-ordered; false outside the mask's grid.

    Examples
    --------
    >>> line = np.array([True, False, False]).reshape(3, 1, 1)
    >>> there = Geometry((3, 1, 1), np.eye(4))
    >>> here = Geometry((3, 1, 1), [[-1, 0, 0, 2], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    >>> resample_mask(line, there, here).ravel().tolist()
    [False, False, True]
    """
    result = np.zeros(onto.shape, bool, order="F")
    # From the voxels wanted to the voxels at hand, in one step.
    matrix = from_geometry.inverse @ onto.affine
    rows = np.arange(onto.shape[0])
    columns = np.arange(onto.shape[1])
    # Rounded headers must not decide between two voxels that are equally near.
    nudge = 1e-4
    plane = (
        matrix[:3, 0][:, None, None] * rows[:, None]
        + matrix[:3, 1][:, None, None] * columns
        + matrix[:3, 3][:, None, None]
        + nudge
    )
    limits = np.array(mask.shape)[:, None, None]
    for k in range(onto.shape[2]):
        index = np.floor(plane + matrix[:3, 2][:, None, None] * k + 0.5).astype(np.int64)
        inside = ((index >= 0) & (index < limits)).all(axis=0)
        result[:, :, k][inside] = mask[tuple(index[:, inside])]
        if progress is not None:
            progress((k + 1) / onto.shape[2])
    return result
