"""Gradient magnitude: how steeply intensities change from place to place."""

from __future__ import annotations

import numpy as np

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.image_operation import SeriesOperation
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.gradients import gradient_magnitude, gradient_magnitude_of_part
from maskeditor.engine.progress import Progress

#: Planes gone through together.
PLANES = 8


@operation(
    "gradient_magnitude",
    title="Gradient magnitude",
    group="Images",
    synonyms=("edges", "edge strength", "derivative", "Sobel", "slope"),
)
class GradientMagnitude(SeriesOperation):
    """Make the length of the gradient of an image, in intensity per mm, each volume of a series by itself.

    Equal to the root of the sum of squares of numpy's ``gradient`` with the zooms as distances, in float64. Along an
    axis of one voxel nothing changes.
    """

    by_volume = True

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """As many as were chosen."""
        return len(self.chosen(frames))

    def reach(self, scene: Scene) -> tuple[int, int, int]:
        """The neighbours."""
        return (1, 1, 1)

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Take differences of neighbours, some planes at a time."""
        chosen, shape = self.chosen(image.frames), image.geometry.shape
        made: Array = np.empty((*shape, len(chosen)), order="F")
        for place, frame in enumerate(chosen):
            values = image.stored_frame(frame)
            for start in range(0, shape[2], PLANES):
                stop = min(shape[2], start + PLANES)
                part = (slice(shape[0]), slice(shape[1]), slice(start, stop))
                made[:, :, start:stop, place] = gradient_magnitude_of_part(
                    values, part, image.geometry.zooms, image.scaled
                )
                progress((place + stop / shape[2]) / len(chosen))
        return made[..., 0] if len(chosen) == 1 else made

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        return "gradient magnitude"

    def python(self) -> Python:
        """Return numpy's gradient."""
        each = f"[gradient_magnitude(one, zooms) for one in np.moveaxis({self.python_series}, 3, 0)]"
        lines = (
            f"made = np.asfortranarray(np.stack({each}, axis=3))",
            "made = made[..., 0] if made.shape[3] == 1 else made",
        )
        return Python((*lines, self.python_made("made")), helpers=(gradient_magnitude,))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"The magnitude of the gradient (per mm) of {self.methods_series} was taken as the {self.name}."
