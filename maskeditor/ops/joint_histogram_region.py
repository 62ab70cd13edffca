"""Region of a joint histogram: voxels by two intensities at once, or by intensity and gradient."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from pydantic import model_validator

from maskeditor.core.operation.as_script import NUMPY, Citation, Python, listed
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.pairs import Pairs
from maskeditor.core.operation.parameter_types import RegionCorners
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.engine.gradients import gradient_magnitude
from maskeditor.engine.in_range import chunks
from maskeditor.engine.joint_histogram import Region, in_polygon
from maskeditor.engine.parallel import in_parallel
from maskeditor.engine.progress import Progress, Reporter

#: Voxels looked up at a time, whose gradient takes some arrays of floats.
PIECE = 1 << 15


@operation(
    "joint_histogram_region",
    title="Joint histogram region",
    group="Intensity",
    synonyms=("2D histogram", "two-dimensional", "scatter plot", "gradient", "polygon", "lasso", "bivariate", "T1 T2"),
)
class JointHistogramRegion(Combining, IntensityInput):
    """Take every voxel whose pair of intensities lies in a region of the joint histogram of two images.

    The second of each pair is the intensity of another image, or the gradient magnitude of the first: that of numpy's
    ``gradient`` with the zooms as distances, per mm. A pair belongs to the region that lies inside its outline by the
    even-odd rule, or on it, whatever the bins of the histogram that is drawn. NaN lies in no region.
    """

    other: str | None = parameter(
        None,
        title="Second image",
        description="The image of the second intensity, smoothed as the first is and of the same volume if it is 4D; "
        "none for the gradient magnitude (per mm) of the first.",
        role=Role.IMAGE,
    )
    corners: RegionCorners = parameter(
        title="Region",
        description="The corners of the region, a first and a second intensity each.",
        role=Role.REGION,
    )

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        for one in zip(*self.corners, strict=True):
            if not math.isfinite(max(one) - min(one)):
                raise ValueError("the corners of the region lie too far apart; give nearer ones")
        return self

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Look the pairs up, some planes at a time."""
        box = self.region(scene)
        if box is None:
            return None
        pairs = Pairs(scene, self.image, self.other, self.frame, self.fwhm, progress)
        region, scaled = Region(self.corners), (pairs.first_scaled, pairs.second_scaled)
        made = np.empty(box.shape, dtype=bool, order="F")

        def work(part: tuple[slice, slice, slice], report: Reporter) -> None:
            made[part] = region.holds(*pairs.stored(box.part(part).slices), scaled)
            report(1.0)

        in_parallel(work, [part for part, _ in chunks(box.shape, PIECE)], progress.part(0.4, 1.0))
        return self.combined(scene, box, made)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Intensities of a voxel decide, and of its neighbours where the gradient is looked at."""
        if not Pairs.at_hand(scene, self.image, self.other, self.frame, self.fwhm):
            return None
        return (1, 1, 1) if self.other is None else (0, 0, 0)

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the brighter half of what lies in the middle slice, whatever its gradient."""
        volume = scene.volume
        shape = scene.geometry.shape
        middle = tuple(
            slice(max(0, length // 2 - 1), length // 2 + 2) if axis == 2 else slice(None)
            for axis, length in enumerate(shape)
        )
        values = volume.scaled(volume.stored_frame(volume.frames // 2)[middle]).astype(np.float64)
        finite = values[np.isfinite(values)]
        if finite.size == 0:
            return cls(corners=((0, 0), (1, 0), (1, 1), (0, 1)))
        steepest = np.nan_to_num(gradient_magnitude(values, scene.geometry.zooms), posinf=0).max()
        low, high = (float(f"{end:.3g}") for end in (finite.min() / 2 + finite.max() / 2, finite.max()))
        top = float(f"{2 * steepest:.3g}")
        return cls(corners=((low, 0), (high, 0), (high, top), (low, top)))

    def summary(self) -> str:
        """Return the row of the history."""
        against = "gradient" if self.other is None else self.other or "the open image"
        return f"Region of {len(self.corners)} corners against {against}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return numpy's gradient, and the even-odd rule."""
        lines, first = self.python_input()
        if self.other is None:
            made: tuple[str, ...] = (f"second = gradient_magnitude({first}, zooms)",)
        else:
            beside = IntensityInput(image=self.other, frame=self.frame, fwhm=self.fwhm)
            more, second = beside.python_input()
            made = (f"first = {first}", *more, f"second = {second}")
            first = "first"
        lines = (*lines, *made, *listed("corners", map(str, self.corners)))
        inside = f"in_polygon({first}, second, corners)"
        return Python((*lines, self.python_combined(inside)), (gradient_magnitude, in_polygon))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        against = "the magnitude of its gradient (per mm)"
        if self.other is not None:
            against = f"the {self.other}" if self.other else "the image"
        return (
            f"Voxels were taken whose intensity in {self.methods_input} and {against} together lie in a region of "
            f"{len(self.corners)} corners, drawn on the joint histogram{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return numpy's paper."""
        return (NUMPY,)
