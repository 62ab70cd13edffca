"""Standard deviation: how much each voxel varies over the volumes of a series."""

from __future__ import annotations

import numpy as np

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.image_operation import SeriesOperation, series_of
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.over_time import statistic
from maskeditor.engine.progress import Progress


@operation(
    "standard_deviation",
    title="Standard deviation",
    group="Images",
    synonyms=("SD", "variability", "temporal variance", "std"),
)
class StandardDeviation(SeriesOperation):
    """Make the standard deviation over the volumes of a series.

    Equal to numpy's ``std(axis=3, ddof=ddof)`` in float64.
    """

    by_voxel = True

    ddof: int = parameter(
        0,
        title="Degrees of freedom taken off",
        description="The sum of squares is divided by the number of volumes less this: 0 as numpy does, 1 for an "
        "unbiased variance.",
        ge=0,
        le=1,
    )

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """One, of two volumes at least."""
        self.check_several(frames)
        return 1

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Add up squared deviations from the mean."""
        chosen = self.chosen(image.frames)
        series, scaled = series_of(image, chosen), image.scaled if image.is_scaled else None
        degrees = len(chosen) - self.ddof
        return statistic(
            series,
            [range(len(chosen))],
            lambda found: np.sqrt(found[0][2] / degrees),
            scaled=scaled,
            progress=progress,
        )

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        return "standard deviation" + (", ddof 1" if self.ddof else "")

    def python(self) -> Python:
        """Return the square root of the mean of squares."""
        return Python(
            (
                f"count, mean, squares = moments({self.python_series})",
                self.python_made(f"np.sqrt(squares / {'(count - 1)' if self.ddof else 'count'})"),
            )
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        taken_off = f"{plain_number(self.ddof, 'degree')} of freedom taken off"
        return f"The standard deviation over time of {self.methods_series} ({taken_off}) was taken as the {self.name}."
