"""Live-wire: what a closed way along edges, found voxel by voxel, encloses in one slice."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Citation, Python, axis_of, listed
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.drawn import done_in_words, drawn_into, slice_in_words
from maskeditor.core.operation.parameter_types import WorldPoints
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import mode_parameter
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.holes import fill_holes_by_slice
from maskeditor.engine.progress import Progress

#: Voxels of the rectangle that a way may lie in: more than any slice has, and few enough to be held.
LARGEST = 1 << 24

_MORTENSEN = Citation(
    "Mortensen and Barrett 1998",
    "Mortensen EN, Barrett WA (1998). Interactive segmentation with intelligent scissors. Graphical Models and Image "
    "Processing 60:349–384. doi:10.1006/gmip.1998.0480",
)
_FALCAO = Citation(
    "Falcão et al. 1998",
    "Falcão AX, Udupa JK, Samarasekera S, Sharma S, Hirsch BE, Lotufo RA (1998). User-steered image segmentation "
    "paradigms: live wire and live lane. Graphical Models and Image Processing 60:233–260. doi:10.1006/gmip.1998.0475",
)


@operation(
    "live_wire",
    title="Live-wire",
    group="Tools",
    by_tool=True,
    synonyms=("intelligent scissors", "magnetic lasso", "edge", "outline", "contour"),
)
class LiveWire(Operation):
    """Add or erase what a closed way of voxels encloses in the slice nearest to its first point, itself included.

    The way along edges was found when it was drawn, and is kept as it was: its turning points, between which it goes
    from voxel to voxel. What it encloses is filled as by `scipy.ndimage.binary_fill_holes`.
    """

    points: WorldPoints = parameter(
        title="Points",
        description="The turning points of the way (x, y, z) in world mm, right, front and up positive.",
        role=Role.HIDDEN,
    )
    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial", title="Plane", description="The plane that the way lies in."
    )
    mode: Literal["add", "erase"] = mode_parameter()

    @model_validator(mode="after")
    def _has_a_point(self) -> LiveWire:
        if not self.points:
            raise ValueError("a way must have at least one point")
        return self

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Go from point to point, and fill what that encloses.

        Raises
        ------
        OperationError
            If the way lies in a larger rectangle than can be held.
        """
        progress(0.0)
        geometry = scene.geometry
        axis = geometry.axis_of(Plane(self.plane))
        corners = np.delete(geometry.to_voxel(self.points), axis, axis=1)
        if np.prod(np.ptp(corners, axis=0) + 1) > LARGEST:
            raise OperationError(
                f"The way lies in a rectangle of more than {LARGEST:,} voxels of this image; draw a smaller one on it."
            )
        start, way = way_in_slice(geometry.affine, self.points, axis)
        inside = np.moveaxis(fill_holes_by_slice(way[:, :, None], 2), 2, axis)
        i, j, k = start.tolist()
        whole = Box.whole(inside.shape).moved((i, j, k))
        box = whole.intersection(scene.whole)
        if box is None:
            return None
        made = drawn_into(scene.mask[box.slices], inside[box.within(whole).slices], self.mode)
        progress(1.0)
        return Patch(box, made)

    def summary(self) -> str:
        """Return the row of the history."""
        done = "Fill" if self.mode == "add" else "Erase"
        return f"{done} {self.plane} live-wire of {plain_number(len(self.points), 'point')}"

    def python(self) -> Python:
        """Return the way drawn into a slice, and scipy's filling."""
        joint = "|= " if self.mode == "add" else "&= ~"
        return Python(
            (
                *listed("corners", map(str, self.points)),
                axis_of(self.plane),
                "start, way = way_in_slice(affine, corners, axis)",
                "inside = np.expand_dims(ndimage.binary_fill_holes(way), axis)",
                "low, high = np.clip((start, start + inside.shape), 0, mask.shape)",
                "mask = mask.copy()",
                f"mask[tuple(map(slice, low, high))] {joint}inside[tuple(map(slice, low - start, high - start))]",
            ),
            (way_in_slice,),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return (
            f"The inside of an outline drawn by hand in {slice_in_words(self.plane)}, which clung to edges of the "
            f"image between places that were clicked, was {done_in_words(self.mode)} the mask."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the method's papers."""
        return (_MORTENSEN, _FALCAO)


def way_in_slice(affine: NDArray[np.float64], corners: ArrayLike, axis: int) -> tuple[NDArray[np.intp], BoolArray]:
    """Return the closed way through corners, in the slice of the first one, from voxel to voxel.

    Between two corners there are as many steps as they lie voxels apart along the axis where they lie furthest apart.

    Parameters
    ----------
    affine : (4, 4) array
    corners : (N, 3) array_like
        In world mm.
    axis : int
        The voxel axis that the slice is cut across.

    Returns
    -------
    start : (3,) array of int
        The first voxel of the rectangle that the way lies in, which may lie outside the volume.
    way : (M, N) array of bool
        Of that rectangle, along the two other axes.

    Examples
    --------
    >>> start, way = way_in_slice(np.eye(4), [(1, 7, 0), (3, 7, 0), (3, 9, 0)], 2)
    >>> start.tolist(), way.astype(int)
    ([1, 7, 0], array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]]))
    """
    inverse = np.linalg.inv(affine)
    points = np.rint(np.asarray(corners, dtype=float) @ inverse[:3, :3].T + inverse[:3, 3])
    index = points[0, axis]
    points = np.delete(points, axis, axis=1)
    low, high = points.min(axis=0), points.max(axis=0)
    way = np.zeros((high - low + 1).astype(int), dtype=bool)
    for first, last in zip(points, np.roll(points, -1, axis=0), strict=True):
        # Halves are rounded towards the first, so that no direction is preferred.
        across = last - first
        steps = max(1, int(np.abs(across).max()))
        passed = np.ceil(np.arange(steps + 1)[:, None] * np.abs(across) / steps - 0.5)
        way[tuple((first + np.sign(across) * passed - low).astype(int).T)] = True
    return np.insert(low, axis, index).astype(int), way
