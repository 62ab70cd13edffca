"""Temporal signal-to-noise ratio: the mean over the volumes of a series by their standard deviation."""

from __future__ import annotations

import numpy as np

from maskeditor.core.operation.as_script import Citation, Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.image_operation import SeriesOperation, series_of
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.over_time import statistic
from maskeditor.engine.progress import Progress

_MURPHY = Citation(
    "Murphy et al. 2007",
    "Murphy K, Bodurka J, Bandettini PA (2007). How long to scan? The relationship between fMRI temporal signal to "
    "noise ratio and necessary scan duration. NeuroImage 34:565–574. doi:10.1016/j.neuroimage.2006.09.032",
)


@operation(
    "tsnr",
    title="Temporal SNR",
    group="Images",
    synonyms=("tSNR", "signal-to-noise ratio", "SNR", "noise", "quality"),
)
class Tsnr(SeriesOperation):
    """Make the mean over the volumes of a series, divided by their standard deviation; 0 where nothing varies.

    Equal to numpy's ``mean(axis=3) / std(axis=3)`` in float64.
    """

    by_voxel = True

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """One, of two volumes at least."""
        self.check_several(frames)
        return 1

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Divide the mean."""
        chosen = self.chosen(image.frames)
        series, scaled = series_of(image, chosen), image.scaled if image.is_scaled else None
        return statistic(
            series, [range(len(chosen))], lambda found: tsnr_of(*found[0]), scaled=scaled, progress=progress
        )

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        return "temporal SNR"

    def python(self) -> Python:
        """Return the mean by the root of the mean of squares."""
        made = self.python_made(f"tsnr_of(*moments({self.python_series}))")
        return Python((made,), helpers=(tsnr_of,))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return (
            f"The mean over time of {self.methods_series} was divided by the standard deviation over time (temporal "
            f"signal-to-noise ratio), which made the {self.name}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the paper that made it usual."""
        return (_MURPHY,)


def tsnr_of(count: int, mean: Array, squares: Array) -> Array:
    """Return the mean by the standard deviation; 0 where that is 0, or no number."""
    deviation = np.sqrt(squares / count)
    there = deviation > 0
    return np.where(there, mean, 0) / np.where(there, deviation, 1)
