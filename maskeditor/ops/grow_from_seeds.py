"""Grow from seeds: strokes of several labels, from which the rest of the image follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Citation, Python, listed
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameter_types import WorldPoints
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Array, BoolArray, Singles
from maskeditor.engine.basins import MOST_LABELS, MOST_VOXELS, Basins, with_rim
from maskeditor.engine.box import Box
from maskeditor.engine.gradients import gradient_magnitude, gradient_magnitude_of_part
from maskeditor.engine.progress import Progress
from maskeditor.engine.stroke_painter import StrokePainter

#: Planes whose gradient is made at a time.
PLANES = 16
#: The label of seeds that belong to no ROI.
OUTSIDE = 0
#: Of a stroke of seeds: its label, its radius in mm, and how many of the points are its.
Stroke = tuple[
    Annotated[int, Field(ge=0, lt=MOST_LABELS)], Annotated[float, Field(gt=0, le=200)], Annotated[int, Field(ge=1)]
]


@operation(
    "grow_from_seeds",
    title="Grow from seeds",
    group="Tools",
    by_tool=True,
    synonyms=("watershed", "GrowCut", "carving", "markers", "seeded", "flood from seeds"),
)
class GrowFromSeeds(Combining, IntensityInput):
    """Take the region that grows from the seeds of one label, up to the edges where it meets those of the others.

    Seeds are painted with the tool Seeds, of two ROIs or of one and of what is outside. Equal to
    `skimage.segmentation.watershed` of the magnitude of the gradient (per mm, in float32) with the seeds as markers,
    where no two voxels have the same magnitude; of two that have, the one that comes first in the file is reached
    first. Where strokes of two labels cover one voxel, it has the higher label. The order of strokes does not matter.
    """

    points: WorldPoints = parameter(
        title="Points",
        description="The ways of all strokes, one after another: points (x, y, z) in world mm.",
        role=Role.HIDDEN,
    )
    strokes: tuple[Stroke, ...] = parameter(
        title="Strokes",
        description="For each stroke its label (0 is outside), its radius in mm, and how many of the points are its.",
        role=Role.HIDDEN,
    )
    label: int = parameter(
        1, title="Label", description="The label that is taken; 0 is outside.", ge=0, le=MOST_LABELS - 1
    )

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if not self.strokes:
            raise ValueError("there must be a stroke of seeds")
        wanted = sum(count for _, _, count in self.strokes)
        if wanted != len(self.points):
            raise ValueError(f"the strokes have {wanted} points together, but {len(self.points)} are given")
        return self

    @property
    def ways(self) -> tuple[tuple[int, float, WorldPoints], ...]:
        """Label, radius and points of each stroke."""
        found, start = [], 0
        for label, radius, count in self.strokes:
            found.append((label, radius, self.points[start : start + count]))
            start += count
        return tuple(found)

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the basins of the image, unless they are known, and flood them.

        Raises
        ------
        OperationError
            If no seed of the label lies in the image.
        """
        box = self.region(scene)
        if box is None:
            return None
        seeds, labels = self._seeds(scene)
        if self.label not in labels:
            raise OperationError(
                f"No seed of label {self.label} lies in the image; paint one, or take another label "
                f"({', '.join(map(str, np.unique(labels).tolist())) or 'no seed does'})."
            )
        flooded = self.basins(scene, progress.within(0.0, 0.8)).grown(seeds, labels, progress.part(0.8, 1.0))
        return self.combined(scene, box, flooded[box.slices] == self.label)

    def basins(self, scene: Scene, progress: Progress) -> Basins:
        """Return the basins of the image, found first unless they are known or another thread is finding them.

        Raises
        ------
        OperationError
            If there are more voxels than can be flooded.
        """
        if with_rim(scene.geometry.shape) > MOST_VOXELS:
            raise OperationError(
                f"The image has more voxels than seeds can grow in ({MOST_VOXELS:,}, a rim around it among them); "
                "crop it, or take a coarser one."
            )
        volume = scene.image(self.image)
        key = ("basins", volume.checked_frame(self.frame), self.fwhm)

        def find() -> Basins:
            values, scaled = self.unscaled(scene, progress.within(0.0, 0.25))
            return Basins.of(_steepness(values, scene.geometry.zooms, scaled), progress.part(0.25, 1.0))

        known: Basins = scene.intermediates.get_once(key, find, of=volume, waiting=lambda: progress(0.0))
        return known

    def _seeds(self, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
        """Return which voxels, counted in Fortran order, are seeds, and their labels."""
        shape = scene.geometry.shape
        drawn = np.full(shape, -1, np.int16, order="F")
        for label, radius, points in self.ways:
            found = covered_by(scene.geometry, radius, points)
            if found is not None:
                box, covered = found
                np.maximum(drawn[box.slices], np.where(covered, label, -1), out=drawn[box.slices])
        flat = drawn.reshape(-1, order="F")
        seeds = np.flatnonzero(flat >= 0)
        return seeds, flat[seeds]

    def summary(self) -> str:
        """Return the row of the history."""
        return (
            f"Grow from {plain_number(len(self.strokes), 'stroke')} of seeds, label {self.label}"
            f"{self.input_words}{self.combine_words}"
        )

    def python(self) -> Python:
        """Return scikit-image's watershed of the ranks of the gradient: of these, no two are equal."""
        lines, name = self.python_input()
        return Python(
            (
                *lines,
                *listed("path", map(str, self.points)),
                *listed("strokes", map(str, self.strokes)),
                "drawn = np.full(mask.shape, -1)",
                "for label, radius, count in strokes:",
                "    near = near_path(mask.shape, affine, path[:count], radius)",
                "    drawn, path = np.where(near, np.maximum(drawn, label), drawn), path[count:]",
                f"steep = gradient_magnitude({name}, zooms).astype(np.float32)",
                'order, ranks = np.argsort(steep.ravel(order="F"), kind="stable"), np.empty(steep.size, np.int32)',
                "ranks[order] = np.arange(steep.size)",
                "# Markers count from 1 on, as 0 is none.",
                'ranks = ranks.reshape(steep.shape, order="F")',
                f"grown = watershed(ranks, drawn + 1) == {self.label + 1}",
                self.python_combined("grown"),
            ),
            helpers=(gradient_magnitude,),
            imports=("from skimage.segmentation import watershed",),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        labels = plain_number(len({label for label, _, _ in self.strokes}), "label")
        looked_at = self.methods_input
        return (
            f"{looked_at[0].upper()}{looked_at[1:]} was divided by a watershed of its gradient magnitude, from seeds "
            f"of {labels} drawn by hand, and the region of label {self.label} was taken{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the paper of the method."""
        return (_MEYER,)


def covered_by(geometry: Geometry, radius: float, points: WorldPoints) -> tuple[Box, BoolArray] | None:
    """Return the box of the voxels that a stroke of seeds covers, and which of it; None if it lies beside the image."""
    painter = StrokePainter(geometry.affine, geometry.shape, radius, "sphere", 0)
    for point in points:
        painter.add_point(point)
    return painter.covered()


def _steepness(values: Array, zooms: Sequence[float], scaled: Callable[[Array], Array] | None) -> Singles:
    """Return the gradient magnitude of a volume (I, J, K), some planes at a time: never held whole as float64."""
    steep = np.empty(values.shape, np.float32, order="F")
    for start in range(0, values.shape[2], PLANES):
        part = (slice(None), slice(None), slice(start, start + PLANES))
        steep[part] = gradient_magnitude_of_part(values, part, zooms, scaled)
    return steep


_MEYER = Citation(
    "Meyer 1994",
    "Meyer F (1994). Topographic distance and watershed lines. Signal Processing 38:113–125. "
    "doi:10.1016/0165-1684(94)90060-4",
)
