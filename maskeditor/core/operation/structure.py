"""The structuring element of morphology: what counts as near."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, number
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine import morphology
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.ball import steps_within
from maskeditor.engine.memory_order import SHORT_ROW
from maskeditor.engine.progress import Progress


class Structuring(Operation):
    """An operation of morphology: how far it goes, in voxels across faces or in millimetres."""

    structure: Literal["cross", "ball"] = parameter(
        "cross",
        title="Structure",
        description=(
            "Cross steps across the faces of voxels, the same number along each axis, as scipy does; ball reaches a "
            "distance in mm, whatever the shape of the voxels."
        ),
    )
    iterations: int = parameter(
        1,
        title="Iterations",
        description="How many steps across faces the cross goes.",
        unit=Unit.TIMES,
        ge=1,
        le=100,
        when=("structure", "cross"),
    )
    radius: float = parameter(
        2.0,
        title="Radius",
        description="How far the ball reaches, from voxel centre to voxel centre.",
        unit=Unit.MM,
        gt=0,
        le=100,
        step=0.5,
        when=("structure", "ball"),
    )

    @property
    def is_ball(self) -> bool:
        """Whether the radius counts, not the iterations."""
        return self.structure == "ball"

    def distances(self, geometry: Geometry) -> tuple[int, int, int]:
        """Return how many voxels along each axis the structuring element reaches."""
        if not self.is_ball:
            return (self.iterations,) * 3
        i, j, k = (steps_within(self.radius, zoom) for zoom in geometry.zooms)
        return (i, j, k)

    def check_reach(self, geometry: Geometry) -> None:
        """Refuse a ball that is smaller than the voxels.

        Raises
        ------
        OperationError
            If the structuring element reaches no neighbour, so that it would do nothing.
        """
        if not any(self.distances(geometry)):
            x, y, z = geometry.zooms
            raise OperationError(
                f"The radius of {self.radius:g} mm is smaller than the voxels ({x:.3g} × {y:.3g} × {z:.3g} mm), so "
                f"that it does nothing; give at least {min(geometry.zooms):.3g} mm."
            )

    def applied(
        self,
        scene: Scene,
        progress: Progress,
        *,
        signs: tuple[int, ...],
        ball: Callable[..., BoolArray],
    ) -> Patch | None:
        """Apply steps of the cross, or a function of morphology with a ball, inside the mask's box.

        Parameters
        ----------
        scene : Scene
        progress : Progress
        signs : tuple of int
            +1 to dilate, -1 to erode, in this order, each as many times as there are iterations. What dilates first
            can grow out of the mask's box, as far as the structuring element reaches.
        ball : callable
            As those in `maskeditor.engine.morphology`.
        """
        self.check_reach(scene.geometry)
        extent = box = scene.extent
        if extent is None or box is None:
            return None
        if signs[0] > 0:
            box = box.grown(self.distances(scene.geometry), scene.geometry.shape)
        part = scene.in_whole_rows(box)
        steps = [sign for sign in signs for _ in range(self.iterations)]
        if self.is_ball:
            made = ball(scene.mask[part.slices], self.radius, scene.geometry.zooms, progress=progress)
        elif isinstance(scene.mask, MaskBits) and part.shape[0] >= SHORT_ROW:
            # What is packed stays so until the end.
            packed = scene.mask.rows(extent).packed_in(part)
            made = morphology.apply_unpacking(packed, part.shape[::-1], steps, progress=progress).T
        else:
            made = morphology.apply_sequence(scene.mask[part.slices], steps, progress=progress)
        return Patch(box, made[box.within(part).slices])

    def python_operation(self, ball: str) -> Python:
        """Return scipy's function of the same name with the cross, or other code with the ball."""
        if self.is_ball:
            return Python((f"mask = {ball.format(radius=number(self.radius))}",))
        return Python((f"mask = ndimage.binary_{self.id}(mask, iterations={self.iterations})",))

    @property
    def methods_structure(self) -> str:
        """The structuring element as a paper states it."""
        if self.is_ball:
            return f"a ball of {self.radius:g} mm radius"
        return f"a cross of 6 neighbours, {plain_number(self.iterations, 'iteration')}"

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"A morphological {self.id} was carried out ({self.methods_structure})."

    def summary(self) -> str:
        """Return the row of the history, such as "Dilation 2 ×" or "Opening 3 mm ball"."""
        return f"{self.title} " + (f"{self.radius:g} mm ball" if self.is_ball else f"{self.iterations} ×")
