"""Adaptive paint: a stroke of the brush that paints what is like the voxel under it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maskeditor.core.operation.as_script import Citation, Python, axis_of, listed, number
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.drawn import done_in_words
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.painted import Painted, path_parameter, radius_parameter
from maskeditor.core.operation.parameter_types import WorldPoints
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.parted import OTSU, plain_thresholds
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.operation.shared_parameters import mode_parameter
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.alike_painter import AlikePainter
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.progress import Progress


@operation(
    "adaptive_paint",
    title="Adaptive paint",
    group="Tools",
    by_tool=True,
    synonyms=("smart brush", "adaptive brush", "brush", "magic brush", "local Otsu"),
)
class AdaptivePaint(Painted):
    """Add or erase what hangs together with the voxels of a path, and is like them, within the brush's radius.

    At places of the path that lie at most half a radius apart, the voxels within the radius are looked at, and the
    piece (6 neighbours) that holds the voxel in the middle is painted: of intensities that differ from its by no more
    than the tolerance, or of those on its side of Otsu's threshold among the voxels within the radius.
    """

    points: WorldPoints = path_parameter()
    radius: float = radius_parameter(6.0, largest=30)
    shape: Literal["disc", "sphere"] = parameter(
        "disc",
        title="Shape",
        description="A sphere paints in all directions, a disc only in the slice nearest to the first point.",
    )
    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial", title="Plane", description="The plane that a disc lies in.", when=("shape", "disc")
    )
    mode: Literal["add", "erase"] = mode_parameter()
    by: Literal["tolerance", "otsu"] = parameter(
        "tolerance",
        title="Alike by",
        description="Whether intensities are alike that differ by no more than a tolerance, or that lie on the same "
        "side of Otsu's threshold among the voxels within the radius.",
    )
    tolerance: float = parameter(
        10.0,
        title="Tolerance",
        description="By how much intensities may differ from that of the voxel under the pointer.",
        unit=Unit.INTENSITY,
        ge=0,
        when=("by", "tolerance"),
    )

    def painter(self, scene: Scene, scope: Scope = EVERYWHERE) -> AlikePainter:
        """Return what covers voxels on this image as this stroke does within a scope, before its first point."""
        geometry = scene.geometry
        values, scaled = IntensityInput().looked_at(scene, Progress())

        def intensities(box: Box) -> Array:
            part = values[box.slices]
            return part if scaled is None else scaled(part)

        def allowed(box: Box) -> BoolArray:
            return scope.allowed(scene, box)

        return AlikePainter(
            geometry.affine,
            geometry.shape,
            self.radius,
            self.shape,
            geometry.axis_of(Plane(self.plane)),
            allowed if scope != EVERYWHERE else None,
            intensities,
            self.tolerance if self.by == "tolerance" else None,
        )

    @property
    def called(self) -> str:
        """The tool that does it."""
        return "Adaptive brush" if self.mode == "add" else "Adaptive eraser"

    def summary(self) -> str:
        """Return the row of the history."""
        how = f"± {self.tolerance:g}" if self.by == "tolerance" else "local Otsu"
        return f"{self.called} {plain_number(len(self.points), 'point')}, {self.radius:g} mm {self.shape}, {how}"

    def python(self) -> Python:
        """Return what is like the voxels of the path, place by place."""
        lines = listed("path", map(str, self.points))
        across = ""
        if self.shape == "disc":
            lines, across = (*lines, axis_of(self.plane)), ", axis=axis"
        how = f", tolerance={number(self.tolerance)}" if self.by == "tolerance" else ""
        lines = (*lines, f"painted = alike_path(data, affine, path, radius={number(self.radius)}{how}{across})")
        joint = "| " if self.mode == "add" else "& ~"
        return Python((*lines, f"mask = mask {joint}painted"), (alike_path, plain_thresholds))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        where = "in all directions" if self.shape == "sphere" else f"in its {self.plane} slice"
        how = (
            f"intensities that differed by no more than {self.tolerance:g}"
            if self.by == "tolerance"
            else "intensities on the same side of Otsu's threshold within that radius"
        )
        done = done_in_words(self.mode)
        return (
            f"Voxels connected to those of a stroke drawn by hand, within {self.radius:g} mm {where} and of {how}, "
            f"were {done} the mask."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return Otsu's paper, where his threshold is used."""
        return (OTSU,) if self.by == "otsu" else ()


def alike_path(
    data: NDArray[Any],
    affine: NDArray[np.float64],
    path: ArrayLike,
    radius: float,
    tolerance: float | None = None,
    axis: int | None = None,
) -> BoolArray:
    """Return what hangs together with voxels of a path and is like them, within a radius (mm); of one slice or of all.

    For scripts: equal to `maskeditor.engine.alike_painter.AlikePainter`. Without a tolerance, by Otsu's threshold.
    """
    from scipy.ndimage import label

    steps, inverse = affine[:3, :3], np.linalg.inv(affine)
    points = [np.asarray(point) @ inverse[:3, :3].T + inverse[:3, 3] for point in np.asarray(path, dtype=float)]
    if axis is not None:
        for point in points[::-1]:
            point[axis] = np.rint(points[0][axis])
    most = max(radius / 2, np.linalg.norm(steps, axis=0).min() / 2)
    places = []
    for start, stop in zip([points[0], *points[:-1]], points, strict=True):
        count = max(1, int(np.ceil(np.linalg.norm(steps @ (stop - start)) / most)))
        places += [start + (place / count) * (stop - start) for place in range(1, count + 1)]
    painted = np.zeros(data.shape, dtype=bool)
    for place in places:
        middle = tuple(np.rint(place).astype(int).tolist())
        if not all(0 <= at < size for at, size in zip(middle, data.shape, strict=True)):
            continue
        offset = (np.indices(data.shape).T - place) @ steps.T
        within = (np.linalg.norm(offset, axis=-1) <= radius + 1e-6).T
        if axis is not None:
            within &= np.indices(data.shape)[axis] == middle[axis]
        within[middle] = True
        own = float(data[middle])
        if tolerance is not None:
            near = (data >= own - tolerance) & (data <= own + tolerance)
        elif np.unique(data[within & np.isfinite(data)]).size < 2:
            near = np.isfinite(data)
        else:
            threshold = plain_thresholds(data[within], classes=2)[0]
            near = data > threshold if own > threshold else data <= threshold
        if near[middle]:
            labels, _ = label(near & within)
            painted |= labels == labels[middle]
    return painted
