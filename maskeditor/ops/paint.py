"""Paint: a brush stroke."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maskeditor.core.operation.as_script import Python, axis_of, between, listed, number, range_in_words
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.intensity_input import in_range_of
from maskeditor.core.operation.intensity_range import (
    LIMIT_FROM,
    LIMIT_TO,
    Ranged,
    lower_bound,
    range_words,
    upper_bound,
)
from maskeditor.core.operation.painted import Painted
from maskeditor.core.operation.parameters import Role, Unit, WorldPoints, parameter
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.operation.shared_parameters import mode_parameter
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.capsule import Shape
from maskeditor.engine.progress import Progress
from maskeditor.engine.stroke_painter import StrokePainter


@operation("paint", title="Paint", group="Tools", by_tool=True, synonyms=("brush", "draw", "eraser", "pencil"))
class Paint(Ranged, Painted):
    """Add or erase every voxel within the brush's radius of a path through points in space.

    A voxel counts by the exact distance of its centre from the path, of a square along either axis of its slice, so
    that no stroke is too fast to be whole; the voxels that the path itself runs through always count.
    """

    points: WorldPoints = parameter(
        title="Points",
        description="The path: points (x, y, z) in world mm, right, front and up positive.",
        role=Role.HIDDEN,
    )
    radius: float = parameter(
        3.0,
        title="Radius",
        description="From the path to the centre of the furthest voxels.",
        unit=Unit.MM,
        gt=0,
        le=200,
        step=0.5,
    )
    shape: Shape = parameter(
        "disc",
        title="Shape",
        description="A sphere paints in all directions; a disc, or a square of twice the radius, only in the slice "
        "nearest to the first point.",
    )
    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial",
        title="Plane",
        description="The plane that a disc or a square lies in.",
        when=("shape", ("disc", "square")),
    )
    mode: Literal["add", "erase"] = mode_parameter()
    lower: float | None = lower_bound(LIMIT_FROM)
    upper: float | None = upper_bound(LIMIT_TO)
    side: Literal["inside", "outside"] = parameter(
        "inside",
        title="Range",
        description="Change voxels with intensities inside the range, or outside it.",
    )

    def painter(self, scene: Scene, scope: Scope = EVERYWHERE) -> StrokePainter:
        """Return what covers voxels on this image as this stroke does within a scope, before its first point."""
        geometry = scene.geometry

        def allowed(box: Box) -> BoolArray:
            some = scope.allowed(scene, box)
            if self.has_range:
                within = in_range_of(scene, "", "mean", 0.0, self.lower, self.upper, box, Progress())
                (np.logical_and if self.side == "inside" else and_not)(some, within, out=some)
            return some

        is_limited = self.has_range or scope != EVERYWHERE
        return StrokePainter(
            geometry.affine,
            geometry.shape,
            self.radius,
            self.shape,
            geometry.axis_of(Plane(self.plane)),
            allowed if is_limited else None,
        )

    @property
    def called(self) -> str:
        """The tool that does it."""
        return "Brush" if self.mode == "add" else "Eraser"

    def summary(self) -> str:
        """Return the row of the history."""
        count = len(self.points)
        words = f"{self.called} {count} point{'' if count == 1 else 's'}, {self.radius:g} mm {self.shape}"
        if self.has_range:
            words += f", {'' if self.side == 'inside' else 'outside '}{range_words(self.lower, self.upper)}"
        return words

    def python(self) -> Python:
        """Return the voxels near the path, point by point."""
        lines = listed("path", map(str, self.points))
        across = ""
        if self.shape != "sphere":
            lines, across = (*lines, axis_of(self.plane)), ", axis=axis"
        if self.shape == "square":
            across += ", square=True"
        lines = (*lines, f"painted = near_path(mask.shape, affine, path, radius={number(self.radius)}{across})")
        if self.has_range:
            within = between("data", self.lower, self.upper)
            lines = (*lines, f"painted = painted & {'' if self.side == 'inside' else '~'}({within})")
        joint = "| " if self.mode == "add" else "& ~"
        return Python((*lines, f"mask = mask {joint}painted"), (near_path,))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        slice_in = f"in {'an' if self.plane == 'axial' else 'a'} {self.plane} slice"
        where = {"sphere": "in all directions", "disc": slice_in, "square": f"along either axis {slice_in}"}[self.shape]
        limited = ""
        if self.has_range:
            had = "had" if self.side == "inside" else "had not"
            limited = f", if they {had} {range_in_words(self.lower, self.upper)},"
        done = "added to" if self.mode == "add" else "erased from"
        return f"Voxels within {self.radius:g} mm {where} of a stroke drawn by hand{limited} were {done} the mask."


def near_path(
    shape: tuple[int, ...],
    affine: NDArray[np.float64],
    path: ArrayLike,
    radius: float,
    axis: int | None = None,
    square: bool = False,
) -> BoolArray:
    """Return the voxels within a radius (mm) of a path, and those it runs through; of one slice if given its axis.

    For scripts: equal to `maskeditor.engine.stroke_painter.StrokePainter`, by numpy alone.

    Parameters
    ----------
    shape : tuple of 3 int
    affine : (4, 4) array
    path : (N, 3) array_like
        In world mm.
    radius : float
    axis : int, optional
        The slice is the one across this axis that is nearest to the first point.
    square : bool
        Whether the radius counts along each axis of the slice by itself.

    Examples
    --------
    >>> near_path((5, 1, 1), np.eye(4), [(0, 0, 0), (2, 0, 0)], radius=1).ravel().tolist()
    [True, True, True, True, False]
    """
    steps, inverse = affine[:3, :3], np.linalg.inv(affine)
    points = [np.asarray(point) @ inverse[:3, :3].T + inverse[:3, 3] for point in np.asarray(path, dtype=float)]
    if axis is not None:
        for point in points[::-1]:
            point[axis] = np.rint(points[0][axis])
    metric = steps.T @ steps
    reach = (radius + 1e-6) * np.sqrt(1 / np.diag(metric) if square else np.diag(np.linalg.inv(metric)))
    near = np.zeros(shape, dtype=bool)
    for start, stop in zip([points[0], *points[:-1]], points, strict=True):
        low, high = np.minimum(start, stop) - reach, np.maximum(start, stop) + reach
        if axis is not None:
            low[axis] = high[axis] = start[axis]
        low, high = (np.clip(end, 0, shape).astype(int) for end in (np.ceil(low), np.floor(high) + 1))
        box = tuple(slice(*ends) for ends in zip(low, high, strict=True))
        # How far each voxel of the box lies from the way between the two points.
        offset, way = np.indices(near[box].shape).T + (low - start), stop - start
        if square:
            moves = [other for other in range(3) if other != axis and way[other]]
            held = np.all([np.abs(offset[..., other]) <= reach[other] for other in range(3) if way[other] == 0], axis=0)
            # The part of the way that is near enough along one axis, and along the other, must have a part in common.
            ends = np.sort([(offset[..., moves] + side * reach[moves]) / way[moves] for side in (-1, 1)], axis=0)
            common = ends[0].max(axis=-1, initial=0) <= ends[1].min(axis=-1, initial=1)
            near[box] |= (held & common).T
        else:
            offset, way = offset @ steps.T, steps @ way
            along = np.clip(offset @ way / max(way @ way, 1e-300), 0, 1)
            near[box] |= (np.linalg.norm(offset - along[..., None] * way, axis=-1) <= radius + 1e-6).T
        # The voxels that the way runs through, however thin the brush.
        count = max(1, int(np.ceil(2 * np.abs(stop - start).max())))
        through = np.rint(start + (np.arange(count + 1) / count)[:, None] * (stop - start))
        through = through[((through >= 0) & (through < shape)).all(axis=1)].astype(int)
        near[tuple(through.T)] = True
    return near
