"""Masks and images from one grid to another."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, Literal

import numpy as np

from maskeditor.core.errors import GeometryError
from maskeditor.core.garbage import for_good
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Affine, Array, BoolArray
from maskeditor.engine.progress import Progress, Reporter

#: How values between voxels are found: the nearest one (of labels), or by lines or cubic splines through them.
Interpolation = Literal["nearest", "linear", "continuous"]
_ORDER: dict[Interpolation, int] = {"nearest": 0, "linear": 1, "continuous": 3}


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


def resample_image(
    volume: Volume, onto: Geometry, how: Interpolation, progress: Progress | None = None, *, clip: bool = False
) -> Volume:
    """Bring an image to another grid; equal to `nilearn.image.resample_to_img` to the bit.

    Each volume of a series is brought by itself. What lies outside the image is 0, and what is not finite stays so
    where it is the nearest; round about it, values are found from those beside.

    Parameters
    ----------
    volume : Volume
    onto : Geometry
        The grid wanted.
    how : {"nearest", "linear", "continuous"}
    progress : Progress, optional
    clip : bool
        Whether values are kept within those of the image and 0, beyond which splines swing; equal to
        `nilearn.image.resample_img`, which does so.

    Returns
    -------
    Volume
        Called "… (resampled)"; of the type of the intensities, and of floats for splines through signed integers.

    Raises
    ------
    GeometryError
        If the image lies outside the grid.

    Examples
    --------
    >>> line = Volume(np.array([0.0, 10.0]).reshape(2, 1, 1), Geometry((2, 1, 1), np.diag([2.0, 1, 1, 1])))
    >>> resample_image(line, Geometry((3, 1, 1), np.eye(4)), "linear").stored.ravel().tolist()
    [0.0, 5.0, 10.0]
    """
    from scipy import linalg

    progress = progress or Progress()
    affine, name = volume.geometry.affine, f"{volume.name} (resampled)"
    if onto.shape == volume.geometry.shape and np.allclose(onto.affine, affine):  # as nilearn does
        return replace(volume, geometry=onto, name=name)
    _check_overlap(volume.geometry, onto)
    transform = np.eye(4) if np.all(onto.affine == affine) else linalg.inv(affine) @ onto.affine
    matrix = transform[:3, :3]
    if np.array_equal(np.diag(np.diag(matrix)), matrix):
        matrix = np.diag(matrix)
    dtype = _resampled_type(volume.intensity_dtype, how)
    made: Array = np.zeros((*onto.shape, *volume.stored.shape[3:]), dtype, order="F")
    lowest = highest = 0
    for frame in range(volume.frames):
        out = made if made.ndim == 3 else made[..., frame]
        report = progress.part(frame / volume.frames, (frame + 1) / volume.frames)
        values = volume.intensities(frame)
        _resample_one(out, values, matrix, transform[:3, 3], _ORDER[how], report)
        if clip:
            # As nanmin and nanmax, which warn of a volume without numbers.
            lowest = np.fmin.reduce(values, axis=None, initial=lowest)
            highest = np.fmax.reduce(values, axis=None, initial=highest)
    if clip and how == "continuous":
        np.clip(made, lowest, highest, out=made)
    return Volume(made, onto, name=name, findings=volume.findings, repetition_time=volume.repetition_time)


def _resample_one(out: Array, data: Array, matrix: Affine, offset: Affine, order: int, report: Reporter) -> None:
    from maskeditor.engine.resampling import resample_into, splines_of  # brings in scipy

    missing = None if data.dtype.kind != "f" or np.isfinite(data).all() else ~np.isfinite(data)
    if missing is not None:
        with for_good():
            from nilearn.masking import extrapolate_out_mask  # takes a second

        data = extrapolate_out_mask(data.copy(), ~missing, iterations=2)[0]
    resample_into(out, splines_of(data) if order == 3 else data, matrix, offset, order, progress=report)
    if missing is not None:
        there = np.zeros(out.shape, np.uint8, order="F")
        resample_into(there, missing.view(np.uint8), matrix, offset, 0)
        out[there != 0] = np.nan


def _resampled_type(dtype: np.dtype[Any], how: Interpolation) -> np.dtype[Any]:
    """Return the type that nilearn gives to what it resamples."""
    if how == "continuous" and dtype.kind == "i":
        return np.dtype(f"float{max(32, 8 * dtype.itemsize)}")
    return dtype


def _check_overlap(source: Geometry, onto: Geometry) -> None:
    corners = np.array([(*corner, 1) for corner in product(*((0, length - 1) for length in source.shape))])
    last = (onto.inverse @ source.affine @ corners.T)[:3].max(axis=1)
    if (last < 0).any():  # as nilearn does; beyond the other end of an axis, all is 0
        raise GeometryError(
            "The image lies outside the grid that it is to be brought to; register the two to one space first."
        )
