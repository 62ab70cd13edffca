"""The nearest image on a regular grid, for slices that do not lie on one.

Uneven distances and missing slices: intensities are interpolated linearly between the true positions along the slice
axis. A tilted gantry: every slice is moved within its plane until the shear is gone. Nothing that was measured is cut
off, and the image always says that it was resampled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maskeditor.engine.arrays import Array, Floats
from maskeditor.engine.progress import Reporter
from maskeditor.io.dicom.slices import Slice

#: Slices that lie aside by less than this part of a pixel are left where they are: it comes from rounding.
_IN_PLACE = 0.05
#: Where a grid would have to invent more slices than this for each that was measured, none is offered.
_MOST_SLICES = 2
#: Nor is one where slices lie so far aside that it would take more than so many times the voxels.
_MOST_VOXELS = 8


@dataclass(frozen=True, eq=False)
class Resampling:
    """How an irregular image becomes a regular one.

    Parameters
    ----------
    heights : (K,) array
        Of the slices measured, from the first, along the normal (mm, ascending).
    spacing : float
        Millimetres from slice to slice of the result.
    aside : (K, 2) array
        Where the first pixel of each slice stands in the result, in columns and rows.
    shape : tuple of 3 int
        Of the result.
    """

    heights: Floats
    spacing: float
    aside: Floats
    shape: tuple[int, int, int]

    def apply(self, stored: Array, slope: float, intercept: float, report: Reporter | None = None) -> Array:
        """Return the resampled intensities (I, J, K) or (I, J, K, T) of stored values, as 32-bit floats."""
        measured = stored.reshape(*stored.shape[:3], -1, order="F")
        volumes = measured.shape[3]
        fill = min(float(stored.min()) * slope, float(stored.max()) * slope) + intercept
        made = np.empty((*self.shape, volumes), np.float32, order="F")
        for place, (t, k) in enumerate(np.ndindex(volumes, self.shape[2])):
            height = k * self.spacing
            below = min(int(np.searchsorted(self.heights, height, side="right")) - 1, self.heights.size - 2)
            share = (height - self.heights[below]) / (self.heights[below + 1] - self.heights[below])
            plane = np.zeros(self.shape[:2])
            for index, weight in ((below, 1.0 - share), (below + 1, share)):
                # What rounding leaves is not worth a second slice, and must not blur the first.
                weight = round(weight, 9)
                if weight:
                    intensities = measured[:, :, index, t] * np.float64(slope) + intercept
                    plane += weight * moved(intensities, self.aside[index], plane.shape, fill)
            made[:, :, k, t] = plane
            if report is not None:
                report((place + 1) / (volumes * self.shape[2]))
        return made.reshape((*self.shape, *stored.shape[3:]), order="F")


def moved(plane: Array, by: Floats, shape: tuple[int, ...], fill: float) -> Array:
    """Return a plane put down elsewhere, interpolated linearly where it moves by a part of a pixel.

    Parameters
    ----------
    plane : (I, J) array
    by : (2,) array
        Where its first pixel goes; the plane must fit into the result.
    shape : tuple of 2 int
        Of the result.
    fill : float
        What stands outside.

    Examples
    --------
    >>> moved(np.array([[1.0], [3.0]]), np.array([1.5, 0.0]), (5, 1), 0.0)[:, 0].tolist()
    [0.0, 0.5, 2.0, 1.5, 0.0]
    """
    for axis in (0, 1):
        part = float(by[axis] % 1)
        if part:
            edge = np.full((1, plane.shape[1]) if axis == 0 else (plane.shape[0], 1), fill)
            plane = (1 - part) * np.concatenate((plane, edge), axis) + part * np.concatenate((edge, plane), axis)
    made = np.full(shape, fill)
    first, second = int(by[0] // 1), int(by[1] // 1)
    made[first : first + plane.shape[0], second : second + plane.shape[1]] = plane
    return made


def grid_for(slices: Sequence[Slice], shape: tuple[int, ...]) -> tuple[Resampling, Floats, Floats] | None:
    """Return how an image is resampled, with the first position and the step of the grid (LPS mm).

    None if its slices lie too far apart to be filled in.

    Parameters
    ----------
    slices : sequence of Slice
        In order, volume by volume.
    shape : tuple of 3 or 4 int
        Of the image.
    """
    first = slices[0]
    columns, rows, levels = shape[:3]
    orientation = first.orientation
    assert orientation is not None
    across, down = orientation[:3], orientation[3:]
    normal = np.cross(across, down)
    normal /= np.linalg.norm(normal)
    origins = np.array([item.position for item in slices[:levels]])
    heights = (origins - origins[0]) @ normal
    count = round(heights[-1] / float(np.median(np.diff(heights)))) + 1
    if count > _MOST_SLICES * levels or count < 2:
        return None
    spacing = heights[-1] / (count - 1)
    aside = np.stack(
        [(origins - origins[0]) @ across / first.spacing[1], (origins - origins[0]) @ down / first.spacing[0]], axis=1
    )
    aside[:, np.abs(aside).max(axis=0) < _IN_PLACE] = 0
    lowest = np.floor(aside.min(axis=0))
    extra = np.ceil(aside.max(axis=0)) - lowest
    made = (columns + int(extra[0]), rows + int(extra[1]), count)
    if math.prod(made) > _MOST_VOXELS * columns * rows * levels:
        return None
    corner = origins[0] + across * lowest[0] * first.spacing[1] + down * lowest[1] * first.spacing[0]
    return Resampling(heights, float(spacing), aside - lowest, made), corner, normal * spacing
