"""Polygon: the inside of an outline drawn in one slice."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from maskeditor.core.operation.as_script import Python, axis_of, listed
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.drawn import done_in_words, drawn_into, slice_in_words
from maskeditor.core.operation.parameter_types import WorldPoints
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import mode_parameter
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.progress import Progress


@operation("polygon", title="Outline", group="Tools", by_tool=True, synonyms=("polygon", "contour", "lasso", "draw"))
class Polygon(Operation):
    """Add or erase the inside of an outline, in the slice nearest to its first point or in all of its plane.

    A voxel lies inside if its centre does, or lies on the outline, by the even-odd rule as in
    `skimage.measure.points_in_poly`; the outline is closed from its last point to its first.
    """

    points: WorldPoints = parameter(
        title="Points",
        description="The corners of the outline (x, y, z) in world mm, right, front and up positive.",
        role=Role.POINTS,
    )
    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial", title="Plane", description="The plane that the outline lies in."
    )
    mode: Literal["add", "erase"] = mode_parameter()
    through: bool = parameter(
        False,
        title="Through the volume",
        description="Fill the outline in all slices of the plane, and not only in that of its first corner.",
    )

    @model_validator(mode="after")
    def _has_an_inside(self) -> Polygon:
        if len(self.points) < 3:
            raise ValueError("an outline must have at least three points")
        return self

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Fill the outline in voxel coordinates, where straight lines stay straight."""
        progress(0.0)
        geometry = scene.geometry
        axis = geometry.axis_of(Plane(self.plane))
        (i, j, k), inside = outlined(geometry.shape, geometry.affine, self.points, axis, self.through)
        if inside.size == 0:
            return None
        box = Box((i.start, j.start, k.start), (i.stop, j.stop, k.stop))
        made = drawn_into(scene.mask[box.slices], inside, self.mode)
        progress(1.0)
        return Patch(box, made)

    def summary(self) -> str:
        """Return the row of the history."""
        where = ", through all slices" if self.through else ""
        return f"{'Fill' if self.mode == 'add' else 'Erase'} {self.plane} outline of {len(self.points)} points{where}"

    def python(self) -> Python:
        """Return the outline filled by the even-odd rule."""
        joint = "|=" if self.mode == "add" else "&= ~"
        return Python(
            (
                *listed("corners", map(str, self.points)),
                axis_of(self.plane),
                f"box, inside = outlined(mask.shape, affine, corners, axis{', through=True' if self.through else ''})",
                "mask = mask.copy()",
                f"mask[box] {joint}{'' if joint.endswith('~') else ' '}inside",
            ),
            (outlined,),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        where, through = slice_in_words(self.plane), " in all slices" if self.through else ""
        return f"The inside of an outline drawn by hand in {where} was {done_in_words(self.mode)} the mask{through}."


def outlined(
    shape: tuple[int, ...], affine: NDArray[np.float64], corners: ArrayLike, axis: int, through: bool = False
) -> tuple[tuple[slice, slice, slice], BoolArray]:
    """Return a box, as slices, and which of its voxels lie inside an outline in the slice of its first corner.

    Parameters
    ----------
    shape : tuple of 3 int
    affine : (4, 4) array
    corners : (N, 3) array_like
        In world mm.
    axis : int
        The voxel axis that the slice is cut across.
    through : bool
        Whether all slices across it are meant.

    Returns
    -------
    box : tuple of 3 slice
        Empty where the outline misses the volume.
    inside : array of bool of the box's shape
    """
    inverse = np.linalg.inv(affine)
    points = np.asarray(corners, dtype=float) @ inverse[:3, :3].T + inverse[:3, 3]
    low = np.clip(np.floor(points.min(axis=0)), 0, shape).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + 1, 0, shape).astype(int)
    index = int(np.clip(np.rint(points[0, axis]), -1, shape[axis]))
    low[axis], high[axis] = (index, index + 1) if 0 <= index < shape[axis] else (0, 0)
    if through:
        low[axis], high[axis] = 0, shape[axis]
    i, j, k = (slice(first, last) for first, last in zip(low.tolist(), high.tolist(), strict=True))
    rows, columns = np.delete(high - low, axis).tolist()
    inside = np.expand_dims(fill(np.delete(points - low, axis, axis=1), (rows, columns)), axis)
    return (i, j, k), np.repeat(inside, high[axis] - low[axis], axis=axis)


def fill(corners: NDArray[np.float64], shape: tuple[int, int]) -> BoolArray:
    """Return which points of a grid lie inside a polygon, by the even-odd rule, or on its outline.

    Parameters
    ----------
    corners : (N, 2) array of float
        In units of the grid.
    shape : tuple of 2 int

    Returns
    -------
    array of bool of this shape

    Examples
    --------
    >>> fill(np.array([[-0.5, -0.5], [2.6, -0.5], [-0.5, 2.6]]), (3, 3)).astype(int)
    array([[1, 1, 1],
           [1, 1, 0],
           [1, 0, 0]])
    """
    rows, columns = shape
    crossed = np.zeros((rows, columns + 1), dtype=bool)
    for (top, left), (bottom, right) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if top > bottom:
            top, left, bottom, right = bottom, right, top, left
        # A corner belongs to the side below it, so that a row through it is crossed once.
        first, last = (int(np.clip(np.ceil(end), 0, rows)) for end in (top, bottom))
        if first == last:
            continue
        row = np.arange(first, last)
        where = left + (row - top) * (right - left) / (bottom - top)
        crossed[row, np.clip(np.ceil(where), 0, columns).astype(int)] ^= True
    inside: BoolArray = np.logical_xor.accumulate(crossed, axis=1)[:, :columns]
    return inside | on_outline(corners, shape)


def on_outline(corners: NDArray[np.float64], shape: tuple[int, int]) -> BoolArray:
    """Return which points of a grid lie on a polygon's outline.

    To a millionth of a step of the grid, as corners given in mm are hardly ever on a voxel's centre to the bit.

    Parameters
    ----------
    corners : (N, 2) array of float
        In units of the grid.
    shape : tuple of 2 int

    Returns
    -------
    array of bool of this shape

    Examples
    --------
    >>> on_outline(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]), (3, 3)).astype(int)
    array([[1, 1, 1],
           [1, 1, 0],
           [1, 0, 0]])
    """
    near = 1e-6
    found = np.zeros(shape, dtype=bool)
    for start, stop in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = int(abs(stop[1] - start[1]) > abs(stop[0] - start[0]))  # the axis that this side runs along
        across = 1 - along
        low, high = sorted((start[along], stop[along]))
        steps = np.arange(max(0, np.ceil(low - near)), min(shape[along] - 1, np.floor(high + near)) + 1)
        share = np.clip((steps - start[along]) / ((stop[along] - start[along]) or 1), 0, 1)
        beside = start[across] + share * (stop[across] - start[across])
        nearest = np.rint(beside)
        on = (np.abs(beside - nearest) <= near) & (nearest >= 0) & (nearest < shape[across])
        place = steps[on].astype(int), nearest[on].astype(int)
        found[place if along == 0 else place[::-1]] = True
    return found
