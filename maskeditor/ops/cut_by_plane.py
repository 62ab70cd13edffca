"""Cut by a plane: one side of a line that was drawn in a view is taken away, through all slices."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, axis_of, listed
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.drawn import slice_in_words
from maskeditor.core.operation.parameter_types import WorldPoints
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray, Counts, and_not
from maskeditor.engine.progress import Progress

#: Slices that are cut at a time.
SLICES = 8


@operation(
    "cut_by_plane",
    title="Cut by a plane",
    group="Tools",
    by_tool=True,
    synonyms=("scissors", "half", "split", "clip", "crop", "knife"),
)
class CutByPlane(Operation):
    """Keep of the mask what lies on one side of a plane that stands at right angles on a view.

    It goes through two points, along the voxel axis that the slices of the view are counted on. A voxel stays if its
    centre lies on the plane, or on the side of the third point.
    """

    points: WorldPoints = parameter(
        title="Points",
        description="Two points of the plane and one on the side that stays, (x, y, z) in world mm.",
        role=Role.POINTS,
    )
    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial", title="View", description="The plane of the slices that it stands on at right angles."
    )

    @model_validator(mode="after")
    def _has_a_side(self) -> CutByPlane:
        if len(self.points) != 3:
            raise ValueError("a cut must have three points: two on the plane, and one on the side that stays")
        return self

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Take the other side of each slice out of the mask's box.

        Raises
        ------
        OperationError
            If no plane goes through the first two points alone, or the third does not lie beside it.
        """
        progress(0.0)
        geometry = scene.geometry
        axis = geometry.axis_of(Plane(self.plane))
        stays = on_side(geometry.shape, geometry.affine, self.points, axis)
        if stays is None:
            raise OperationError(
                "The three points of the cut lie in one line of the view; choose two on the plane, and one beside it."
            )
        if scene.extent is None:
            return None
        away = np.logical_not(stays[scene.extent.cut(axis, 0, 1).slices])
        places = [np.flatnonzero(away.any(axis=tuple({0, 1, 2} - {along}))) for along in range(3)]
        if not places[axis].size:
            return None
        # No more than the box of what goes.
        box = scene.extent
        for along in {0, 1, 2} - {axis}:
            first, last = int(places[along][0]), int(places[along][-1])
            away = away[(slice(None),) * along + (slice(first, last + 1),)]
            box = box.cut(along, box.start[along] + first, box.start[along] + last + 1)
        made = np.empty(box.shape, dtype=bool, order="F")
        for start in range(box.start[axis], box.stop[axis], SLICES):
            part = box.cut(axis, start, min(start + SLICES, box.stop[axis]))
            and_not(scene.mask[part.slices], away, out=made[part.within(box).slices])
            progress((part.stop[axis] - box.start[axis]) / box.shape[axis])
        return Patch(box, made)

    def reach(self, scene: Scene) -> tuple[int, int, int]:
        """Look at the voxel alone."""
        return (0, 0, 0)

    def summary(self) -> str:
        """Return the row of the history."""
        return f"Cut by a plane, drawn in {slice_in_words(self.plane)}"

    def python(self) -> Python:
        """Return the mask on one side."""
        lines = (*listed("points", map(str, self.points)), axis_of(self.plane))
        return Python((*lines, "mask = mask & on_side(mask.shape, affine, points, axis)"), (on_side,))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return (
            f"The mask was cut by a plane at right angles to the {self.plane} slices, placed by hand, and what lay "
            "beyond it was removed."
        )


def on_side(shape: tuple[int, ...], affine: NDArray[np.float64], points: ArrayLike, axis: int) -> BoolArray | None:
    """Return which voxels lie on a plane through two points along a voxel axis, or on the side of a third point.

    To a millionth of a voxel, as points given in mm are hardly ever on a voxel's centre to the bit.

    Parameters
    ----------
    shape : tuple of 3 int
    affine : (4, 4) array
    points : (3, 3) array_like
        In world mm.
    axis : int

    Returns
    -------
    array of bool of the shape, but one voxel long along the axis; None where the points lie in one line.

    Examples
    --------
    >>> on_side((3, 2, 5), np.eye(4), [(1, 0, 0), (1, 1, 0), (2, 0, 0)], 2)[:, :, 0].astype(int)
    array([[0, 0],
           [1, 1],
           [1, 1]])
    """
    lines = beside_plane(shape, affine, points, axis)
    if lines is None:
        return None
    one, other = (along for along in range(3) if along != axis)
    across, along = (
        line.reshape([-1 if place == at else 1 for at in range(3)])
        for place, line in zip((other, one), lines, strict=True)
    )
    stays: BoolArray = np.subtract(across, along) >= -1e-6
    return stays


def beside_plane(
    shape: tuple[int, ...], affine: NDArray[np.float64], points: ArrayLike, axis: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return two lines of numbers, the first less the second of which is how far a voxel lies beside a plane.

    Parameters
    ----------
    shape, affine, points, axis
        As of `on_side`.

    Returns
    -------
    (J,) and (I,) array of float64; or None
        Along the second and along the first of the two other axes: in voxels, on the side of the third point. None
        where the points lie in one line.
    """
    inverse = np.linalg.inv(affine)
    one, other = (along for along in range(3) if along != axis)
    voxels = np.asarray(points, dtype=float) @ inverse[:3, :3].T + inverse[:3, 3]
    start, way = voxels[0], voxels[1] - voxels[0]
    length = np.hypot(way[one], way[other])
    if length <= 1e-6:
        return None
    chosen = (voxels[2] - start)[other] * way[one] - (voxels[2] - start)[one] * way[other]
    if abs(chosen) <= 1e-6 * length:
        return None
    scale = np.sign(chosen) / length
    first, second = np.arange(shape[one]), np.arange(shape[other])
    return (second - start[other]) * (way[one] * scale), (first - start[one]) * (way[other] * scale)


def runs_on_side(
    shape: tuple[int, ...], affine: NDArray[np.float64], points: ArrayLike, axis: int
) -> tuple[Counts, Counts] | None:
    """Return where lines of voxels are `on_side`, in one run each: lines along the first of the two other axes.

    Parameters
    ----------
    shape, affine, points, axis
        As of `on_side`.

    Returns
    -------
    first, stop : (J,) array of int
        Of the line at each place along the second of the two axes: its first voxel, and one past its last. None where
        the points lie in one line.

    Examples
    --------
    >>> runs_on_side((3, 2, 5), np.eye(4), [(1, 0, 0), (1, 1, 0), (2, 0, 0)], 2)
    (array([1, 1]), array([3, 3]))
    """
    lines = beside_plane(shape, affine, points, axis)
    if lines is None:
        return None
    across, along = lines
    falls = bool(along[-1] < along[0])
    rising = along[::-1] if falls else along
    # Halved again and again, by what `on_side` looks at itself: how many voxels of each line come before the plane.
    low, high = np.zeros(across.size, np.intp), np.full(across.size, along.size)
    while (is_open := low < high).any():
        middle = (low + high) // 2
        stays = across - rising[np.minimum(middle, along.size - 1)] >= -1e-6
        low, high = np.where(is_open & stays, middle + 1, low), np.where(is_open & ~stays, middle, high)
    if falls:
        return along.size - low, np.full_like(low, along.size)
    return np.zeros_like(low), low
