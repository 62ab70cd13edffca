"""Interpolate slices: fill the gaps between slices that were drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.operation.as_script import Citation, Python, axis_of
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import bounding_box
from maskeditor.engine.progress import Progress

_RAYA = Citation(
    "Raya and Udupa 1990",
    "Raya SP, Udupa JK (1990). Shape-based interpolation of multidimensional objects. IEEE Transactions on Medical "
    "Imaging 9:32–42. doi:10.1109/42.52980",
)
_HERMAN = Citation(
    "Herman et al. 1992",
    "Herman GT, Zheng J, Bucholtz CA (1992). Shape-based interpolation. IEEE Computer Graphics and Applications "
    "12:69–79. doi:10.1109/38.135915",
)


@operation(
    "interpolate_slices",
    title="Interpolate slices",
    group="Tools",
    synonyms=("between slices", "shape-based interpolation", "fill between slices"),
)
class InterpolateSlices(Operation):
    """Fill the empty slices between drawn ones with shapes in between; drawn slices stay as they are.

    Shape-based interpolation (Raya and Udupa 1990, IEEE Transactions on Medical Imaging 9:32-42; with the distances of
    Herman, Zheng and Bucholtz 1992): a voxel is taken where the distances in mm from the outlines of the two nearest
    drawn slices, negative outside, have a positive weighted mean.
    """

    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial", title="Plane", description="The plane of the slices that were drawn."
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Go from gap to gap."""
        progress(0.0)
        extent = bounding_box(scene.mask[scene.extent.slices]) if scene.extent else None
        if extent is None or scene.extent is None:
            return None
        axis = scene.geometry.axis_of(Plane(self.plane))
        box = extent.moved(scene.extent.start)
        made = scene.mask[box.slices].copy(order="F")
        slices = np.moveaxis(made, axis, 0)
        drawn = np.flatnonzero(slices.any(axis=(1, 2))).tolist()
        zooms = [zoom for across, zoom in enumerate(scene.geometry.zooms) if across != axis]
        for before, after in pairwise(drawn):
            if after - before > 1:
                gap = slices[before + 1 : after]
                gap[...] = shapes_between(slices[before], slices[after], len(gap), zooms)
            progress(after / len(slices))
        return Patch(box, made)

    def python(self) -> Python:
        """Return the gaps filled one after the other."""
        return Python(
            (
                axis_of(self.plane),
                "mask = mask.copy()",
                "slices = np.moveaxis(mask, axis, 0)",
                "drawn = np.flatnonzero(slices.any(axis=(1, 2)))",
                "for before, after in zip(drawn[:-1], drawn[1:]):",
                "    gap = slices[before + 1 : after]",
                "    gap[:] = shapes_between(slices[before], slices[after], len(gap), np.delete(zooms, axis))",
            ),
            (shapes_between,),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"Empty {self.plane} slices between drawn ones were filled by shape-based interpolation."

    def citations(self) -> tuple[Citation, ...]:
        """Return the method's papers."""
        return (_RAYA, _HERMAN)


def shapes_between(
    before: BoolArray, after: BoolArray, count: int, zooms: Sequence[float] | NDArray[np.float64]
) -> BoolArray:
    """Return the shapes between two slices, where the weighted mean of the distances from their outlines is positive.

    Parameters
    ----------
    before, after : (I, J) array of bool
        Not empty.
    count : int
        How many slices lie between.
    zooms : sequence of 2 float
        Millimetres per voxel along each axis.

    Returns
    -------
    (count, I, J) array of bool
    """
    between = np.zeros((count, *before.shape), dtype=bool)
    if count:
        start, stop = signed_distance(before, zooms), signed_distance(after, zooms)
        for place in range(1, count + 1):
            # In whole numbers of slices, so that the two sides are weighed alike.
            np.greater((count + 1 - place) * start + place * stop, 0, out=between[place - 1])
    return between


def signed_distance(mask: BoolArray, zooms: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance in mm of each voxel from the nearest on the other side of the outline, negative outside.

    Parameters
    ----------
    mask : (I, J) array of bool
        Not empty. All beyond its border is background.
    zooms : list of 2 float
        Millimetres per voxel along each axis.

    Examples
    --------
    >>> signed_distance(np.array([[True, True, False]]), [1.0, 1.0])
    array([[ 1.,  1., -1.]])
    """
    from scipy.ndimage import distance_transform_edt

    wide = np.pad(mask, 1)
    distance: NDArray[np.float64] = distance_transform_edt(wide, sampling=zooms)
    distance -= distance_transform_edt(~wide, sampling=zooms)
    return distance[1:-1, 1:-1]
