"""Region growing: what hangs together with a voxel within a range of intensities."""

from __future__ import annotations

import math
from typing import Literal, Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, axis_of, between, neighbours_argument, range_in_words
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.intensity_range import Ranged, lower_bound, range_words, upper_bound
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import neighbours_parameter
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Floats, Neighbours
from maskeditor.engine.components.components import Components, PackedMask
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Progress

#: Standard deviations of what is most like the seed that a suggested range reaches to both sides.
_SPREAD = 5.0
#: Standard deviations of the image that it reaches at most, where what is round the seed is no one thing.
_MOST_OF_IMAGE = 0.5
#: Voxels of the image that these are judged by, along each axis.
_JUDGED = 32


@operation(
    "region_grow",
    title="Region growing",
    group="Intensity",
    synonyms=("connected threshold", "seed", "magic wand", "flood", "bucket"),
)
class RegionGrow(Ranged, Combining, IntensityInput):
    """Take every voxel that is joined to a seed by voxels whose intensity lies in a range.

    Equal to the component of `scipy.ndimage.label` at the seed, and to ``ConnectedThreshold`` of SimpleITK with 6
    neighbours (full connectivity: 26), which rounds the bounds to the type of the image.
    """

    seed: tuple[int, int, int] = parameter(
        title="Seed", description="The voxel that the region grows from, by its indices.", role=Role.VOXEL
    )
    lower: float | None = lower_bound("The lowest intensity grown into, itself included; none for no lower bound.")
    upper: float | None = upper_bound("The highest intensity grown into, itself included; none for no upper bound.")
    within: Literal["3D", "axial", "coronal", "sagittal"] = parameter(
        "3D",
        title="Within",
        description="3D for the whole volume, or the plane of the one slice that is grown in.",
    )
    neighbours: Neighbours = neighbours_parameter()

    def check_grid(self, geometry: Geometry) -> None:
        """Raise `OperationError` if the seed lies outside the image."""
        if not geometry.holds(self.seed):
            i, j, k = self.seed
            raise OperationError(f"The seed {i}, {j}, {k} lies outside the image; choose a voxel inside it.")

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Compare all intensities, and keep the component at the seed.

        Raises
        ------
        OperationError
            If the seed lies outside the volume, or its intensity outside the range.
        """
        self.check_grid(scene.geometry)
        box, (i, j, k) = scene.whole, self.seed
        if self.within != "3D":
            axis = scene.geometry.axis_of(Plane(self.within))
            box = box.cut(axis, self.seed[axis], self.seed[axis] + 1)
        seed = (i - box.start[0], j - box.start[1], k - box.start[2])
        inside = self.in_range(scene, self.lower, self.upper, box, progress)
        if not inside[seed]:
            i, j, k = self.seed
            raise OperationError(
                f"The intensity at the seed {i}, {j}, {k} lies outside the range; widen the range or choose another "
                "voxel."
            )
        packed = PackedMask(inside)
        del inside
        results.free_idle()  # before the result takes as much memory again
        grown = Components(packed, self.neighbours, progress=progress.part(0.5, 1.0)).at(seed)
        return self.combined(scene, box, grown)

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the intensity at the seed, which the range must hold."""
        self.check_grid(scene.geometry)
        values, scaled = self.looked_at(scene, progress)
        own = values[tuple(slice(at, at + 1) for at in self.seed)]
        intensity = float((own if scaled is None else scaled(own)).item())
        return (Found("Seed", intensity),) if math.isfinite(intensity) else ()

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the voxel looked at, and the intensities of what it belongs to.

        These are the half of the 27 voxels round the seed that are most like it: where an edge runs through them, its
        own side. As half of them are left out, five of their standard deviations are about two of all. Where even they
        are no one thing, the range is that of half a standard deviation of the image round the seed: else all of it
        would be taken.
        """
        seed, volume = scene.middle, scene.volume
        near = tuple(slice(max(0, at - 1), at + 2) for at in seed)

        def intensities(where: tuple[int | slice, ...]) -> Floats:
            values = volume.stored[where].astype(np.float64)
            made: Floats = np.asarray(volume.scaled(values.mean(axis=-1) if volume.stored.ndim == 4 else values))
            return made

        own, values = float(intensities(seed)), intensities(near).ravel()
        values = values[np.isfinite(values)]
        if not np.isfinite(own):
            return cls(seed=seed)
        alike = values[np.argsort(np.abs(values - own), kind="stable")][: -(-values.size // 2)]
        middle, spread = float(alike.mean()), _SPREAD * float(alike.std())
        if spread > (most := _MOST_OF_IMAGE * _deviation(volume)):
            middle, spread = own, most
        lower, upper = tidy_range(middle - spread, middle + spread, own, volume)
        return cls(seed=seed, lower=lower, upper=upper)

    def summary(self) -> str:
        """Return the row of the history."""
        i, j, k = self.seed
        reached = range_words(self.lower, self.upper)
        where = "" if self.within == "3D" else f", {self.within} slice"
        return f"Region growing from {i}, {j}, {k}{where}, {reached}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return one of scipy's labels."""
        lines, values = self.python_input()
        inside = between(values, self.lower, self.upper)
        if self.within != "3D":
            lines = (*lines, axis_of(self.within), f"in_slice = np.indices(mask.shape)[axis] == {self.seed}[axis]")
            inside = f"({inside}) & in_slice"
        grown = f"component_with({inside}, {self.seed}{neighbours_argument(self.neighbours)})"
        return Python((*lines, self.python_combined(grown)))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        where = "" if self.within == "3D" else f" of its {self.within} slice"
        wanted = range_in_words(self.lower, self.upper)
        return (
            f"A region was grown from voxel {self.seed} (counted from 0, chosen by hand) through voxels{where} with "
            f"{wanted} in {self.methods_input} ({self.neighbours} neighbours){self.methods_combined}."
        )


def tidy_range(lower: float, upper: float, own: float, volume: Volume) -> tuple[float, float]:
    """Return a range round the intensity of a seed with as many digits as it is worth, wherever it lies.

    Of an image of whole numbers, the ends are whole, and take the same voxels.

    Parameters
    ----------
    lower, upper : float
        Both included.
    own : float
        The intensity of the seed, which is always inside.
    volume : Volume
        Whose intensities they are.
    """
    if upper > lower:
        digits = 3 - math.floor(math.log10(upper - lower))
        lower, upper = round(lower, digits), round(upper, digits)
    if volume.is_whole and volume.frames == 1:
        lower, upper = float(math.ceil(lower)), float(math.floor(upper))
    # As a float it may be rounded itself.
    below, above = (own, own) if abs(own) < 2**53 else (math.nextafter(own, -math.inf), math.nextafter(own, math.inf))
    return min(lower, below), max(upper, above)


def _deviation(volume: Volume) -> float:
    """Return the standard deviation of voxels spread evenly over the first volume of an image; infinite if unknown."""
    steps = tuple(slice(None, None, -(-length // _JUDGED)) for length in volume.geometry.shape)
    values = np.asarray(volume.scaled(volume.stored_frame(0)[steps].astype(np.float64)))
    values = values[np.isfinite(values)]
    deviation = float(values.std()) if values.size else math.inf
    return deviation if math.isfinite(deviation) and deviation > 0 else math.inf
