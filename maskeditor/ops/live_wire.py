"""Live-wire: what a closed way along edges, found voxel by voxel, encloses in one slice."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Citation, Python, axis_of, listed
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import Role, WorldPoints, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import mode_parameter
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.holes import fill_holes_by_slice
from maskeditor.engine.progress import Progress

#: Voxels that a way may be long: more than any hand draws, and little enough to be held.
LONGEST = 1_000_000

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
            If the way is longer than can be held.
        """
        progress(0.0)
        geometry = scene.geometry
        axis = geometry.axis_of(Plane(self.plane))
        corners = geometry.to_voxel(self.points)
        steps = np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1).sum()
        if steps > LONGEST:
            raise OperationError(
                f"The way is {steps:.3g} voxels long, but must not be longer than {LONGEST:,}; draw it on this image."
            )
        found = way_in_slice(geometry.shape, geometry.affine, self.points, axis)
        if found is None:
            return None
        # A border of its own, so that what runs out of the image encloses what lies inside.
        (i, j, k), way = found
        inside = np.moveaxis(fill_holes_by_slice(way[:, :, None], 2)[1:-1, 1:-1], 2, axis)
        box = Box((i.start, j.start, k.start), (i.stop, j.stop, k.stop))
        made = (np.logical_or if self.mode == "add" else and_not)(scene.mask[box.slices], inside)
        progress(1.0)
        return Patch(box, np.asfortranarray(made))

    def summary(self) -> str:
        """Return the row of the history."""
        return f"{'Fill' if self.mode == 'add' else 'Erase'} {self.plane} live-wire of {len(self.points)} points"

    def python(self) -> Python:
        """Return the way drawn into a slice, and scipy's filling."""
        joint = "|=" if self.mode == "add" else "&= ~"
        return Python(
            (
                *listed("corners", map(str, self.points)),
                axis_of(self.plane),
                "mask = mask.copy()",
                "found = way_in_slice(mask.shape, affine, corners, axis)",
                "if found is not None:",
                "    inside = ndimage.binary_fill_holes(found[1])[1:-1, 1:-1]",
                f"    mask[found[0]] {joint}{'' if joint.endswith('~') else ' '}np.expand_dims(inside, axis)",
            ),
            (way_in_slice,),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        done = "added to" if self.mode == "add" else "erased from"
        return (
            f"The inside of an outline drawn by hand in an {self.plane} slice, which clung to edges of the image "
            f"between places that were clicked, was {done} the mask."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the method's papers."""
        return (_MORTENSEN, _FALCAO)


def way_in_slice(
    shape: tuple[int, ...], affine: NDArray[np.float64], corners: ArrayLike, axis: int
) -> tuple[tuple[slice, slice, slice], BoolArray] | None:
    """Return the closed way through corners, in the slice of the first one, from voxel to voxel.

    Between two corners there are as many steps as they lie voxels apart along the axis where they lie furthest apart.

    Parameters
    ----------
    shape : tuple of 3 int
    affine : (4, 4) array
    corners : (N, 3) array_like
        In world mm.
    axis : int
        The voxel axis that the slice is cut across.

    Returns
    -------
    box : tuple of 3 slice
        One slice thick.
    way : (M + 2, N + 2) array of bool
        Of a slice of the box with a border of one voxel all round, into which what lies further out is drawn in.
        None instead of both where the slice, or all of the way, misses the volume.

    Examples
    --------
    >>> box, way = way_in_slice((4, 4, 1), np.eye(4), [(0, 0, 0), (2, 0, 0), (2, 2, 0)], 2)
    >>> way.astype(int)
    array([[0, 0, 0, 0, 0],
           [0, 1, 0, 0, 0],
           [0, 1, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [0, 0, 0, 0, 0]])
    """
    inverse = np.linalg.inv(affine)
    points = np.rint(np.asarray(corners, dtype=float) @ inverse[:3, :3].T + inverse[:3, 3])
    index = int(np.clip(points[0, axis], -1, shape[axis]))
    points, within = np.delete(points, axis, axis=1), np.delete(shape, axis)
    low = np.clip(points.min(axis=0), 0, within).astype(int)
    high = np.clip(points.max(axis=0) + 1, 0, within).astype(int)
    if not 0 <= index < shape[axis] or (low >= high).any():
        return None
    way = np.zeros(high - low + 2, dtype=bool)
    for start, stop in zip(points, np.roll(points, -1, axis=0), strict=True):
        # Halves are rounded towards the start, so that no direction is preferred.
        across = stop - start
        steps = max(1, int(np.abs(across).max()))
        passed = np.ceil(np.arange(steps + 1)[:, None] * np.abs(across) / steps - 0.5)
        places = np.clip(start + np.sign(across) * passed, low - 1, high).astype(int) - low + 1
        way[tuple(places.T)] = True
    box = [slice(first, last) for first, last in zip(low.tolist(), high.tolist(), strict=True)]
    box.insert(axis, slice(index, index + 1))
    return (box[0], box[1], box[2]), way
