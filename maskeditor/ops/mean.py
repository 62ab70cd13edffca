"""Mean: the mean over the volumes of a series."""

from __future__ import annotations

from maskeditor.core.operation.as_script import NILEARN, Citation, Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.image_operation import SeriesOperation, series_of
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.mean_over_time import mean_over_frames
from maskeditor.engine.progress import Progress


@operation(
    "mean",
    title="Mean image",
    group="Images",
    synonyms=("average", "temporal mean", "mean over time", "mean_img"),
)
class Mean(SeriesOperation):
    """Make the mean over the volumes of a series.

    Equal to `nilearn.image.mean_img` and numpy's ``mean(axis=3)``.
    """

    by_voxel = True

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """One."""
        self.chosen(frames)
        return 1

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Add volume to volume."""
        series = series_of(image, self.chosen(image.frames))
        return mean_over_frames(series, scaled=image.scaled if image.is_scaled else None, progress=progress)

    @property
    def keeps_intensities(self) -> bool:
        """Whether it is looked at like the image it is made of: it is."""
        return True

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        return "mean"

    def python(self) -> Python:
        """Return numpy's mean."""
        return Python((self.python_made(f"{self.python_series}.mean(axis=3)"),))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"The mean over time of {self.methods_series} was taken as the {self.name}."

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper."""
        return (NILEARN,)
