"""The brush: its settings, what is in hand beside it, and the stroke that is being drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from pydantic import AllowInfNan, Field, TypeAdapter, ValidationError

from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.engine.arrays import BoolArray, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.stroke_painter import StrokePainter
from maskeditor.model.view.slices import slice_of, take
from maskeditor.ops.paint import Paint

#: The radius as the operation declares it.
RADIUS = next(declared for declared in Paint.parameters() if declared.name == "radius")
assert RADIUS.step is not None
assert RADIUS.maximum is not None
#: Radii in mm that the keys and the wheel step through.
SMALLEST, LARGEST = RADIUS.step, RADIUS.maximum
GROWTH = 1.2


@dataclass(frozen=True)
class Brush:
    """How the brush paints.

    Parameters
    ----------
    radius : float
        In mm.
    sphere : bool
        Whether it paints in 3D; otherwise a disc in the slice.
    lower, upper : float or None
        Only intensities in this range (both included) are painted.
    """

    radius: Annotated[float, Field(ge=SMALLEST, le=LARGEST)] = RADIUS.default
    sphere: bool = False
    lower: Annotated[float, AllowInfNan(False)] | None = None
    upper: Annotated[float, AllowInfNan(False)] | None = None

    def resized(self, steps: float) -> float:
        """Return the radius some steps larger, or smaller for a negative number."""
        radius = min(LARGEST, max(SMALLEST, self.radius * GROWTH**steps))
        return float(f"{radius:.2g}") if radius < 10 else float(round(radius))


@dataclass(frozen=True)
class Hands:
    """What a person has in hand, as a session keeps it.

    Parameters
    ----------
    tool : str
        Its id.
    brush : Brush
    active : str
        Id of the ROI that is worked on.

    Examples
    --------
    >>> hands = Hands("eraser", Brush(radius=2.5), "roi2")
    >>> Hands.from_record(hands.to_record()) == hands
    True
    """

    tool: str
    brush: Brush = field(default_factory=Brush)
    active: str = ""

    def to_record(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        record: dict[str, Any] = _HANDS.dump_python(self)
        return record

    @classmethod
    def from_record(cls, record: object) -> Hands | None:
        """Return what was recorded; None if that is nothing, or nothing that `to_record` would have written."""
        try:
            return _HANDS.validate_python(record, strict=False)
        except ValidationError:
            return None


_HANDS = TypeAdapter(Hands)


class Stroke:
    """A stroke from press to release: drawn live, then made into one step.

    Parameters
    ----------
    scene : Scene
        Of the ROI that is painted on.
    brush : Brush
    plane : Plane
        That is painted in.
    erase : bool
        Whether this stroke erases.
    """

    def __init__(self, scene: Scene, brush: Brush, plane: Plane, erase: bool) -> None:
        self._mask = scene.mask
        self._erase = erase
        self._like = Paint(
            points=((0.0, 0.0, 0.0),),
            radius=brush.radius,
            shape="sphere" if brush.sphere else "disc",
            plane=plane.value,
            mode="erase" if erase else "add",
            lower=brush.lower,
            upper=brush.upper,
        )
        self._points: list[tuple[float, float, float]] = []
        self._painter: StrokePainter = self._like.painter(scene)
        # Slices once gathered; a stroke only ever grows, so that later points are drawn over them.
        self._slices: dict[tuple[int, int], BoolArray] = {}

    def add(self, world: tuple[float, float, float]) -> Box | None:
        """Go on to a point in world mm; return the box of voxels that may look different now."""
        # As the operation rounds them, so that live and replayed strokes are the same to the voxel.
        point = (round(world[0], 3), round(world[1], 3), round(world[2], 3))
        if self._points and self._points[-1] == point:
            return None
        self._points.append(point)
        return self._painter.add_point(point)

    def follow(self, mask: Voxels) -> None:
        """Take the mask (I, J, K) as it is now, after a move that was made meanwhile."""
        self._mask = mask
        self._slices.clear()

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return a slice of the mask as the stroke leaves it, good until the next point; None where it did not come."""
        touched = self._painter.touched
        if touched is None:
            return None
        box, covered = touched
        if not box.start[axis] <= index < box.stop[axis]:
            return None
        if (axis, index) not in self._slices:
            self._slices[axis, index] = np.array(slice_of(self._mask, axis, index))
        result = self._slices[axis, index]
        others = [other for other in range(3) if other != axis]
        part = result[tuple(slice(box.start[other], box.stop[other]) for other in others)]
        new = take(covered, axis, index - box.start[axis])
        if self._erase:
            part &= ~new
        else:
            part |= new
        return result

    def patch(self) -> Patch | None:
        """Return the voxels of the box that the stroke covers, as the stroke leaves them."""
        touched = self._painter.touched
        if touched is None:
            return None
        box, covered = touched
        before = self._mask[box.slices]
        return Patch(box, and_not(before, covered) if self._erase else np.logical_or(before, covered))

    def operation(self) -> Paint | None:
        """Return the stroke as an operation; None before its first point."""
        return self._like.model_copy(update={"points": tuple(self._points)}) if self._points else None


def radius_in_voxels(geometry: Geometry, radius: float) -> tuple[float, float, float]:
    """Return how many voxels a radius in mm spans along each axis."""
    x, y, z = (radius / zoom for zoom in geometry.zooms)
    return (x, y, z)
