"""Seed correlation: how each voxel goes with the voxels round a place, over time."""

from __future__ import annotations

from itertools import product
from typing import Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import NILEARN, Citation, Python, number
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.image_operation import ImageOperation, series_of, unlike
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.core.operation.parameters import Role, Unit, parameter
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Affine, Array, Floats
from maskeditor.engine.over_time import products, standardised, statistic
from maskeditor.engine.progress import Progress


@operation(
    "seed_correlation",
    title="Seed correlation",
    group="Images",
    synonyms=("functional connectivity", "seed-based", "resting state", "network", "Pearson"),
)
class SeedCorrelation(ImageOperation):
    """Make the correlation (Pearson's r) of each voxel's course over time with that of a seed.

    Equal to numpy's ``corrcoef`` with the mean course of the voxels within the radius, those of nilearn's
    `NiftiSpheresMasker`. Where nothing varies, r is 0.
    """

    tests = True

    seed: tuple[int, int, int] = parameter(
        title="Seed", description="The voxel in the middle of the seed, by its indices.", role=Role.VOXEL
    )
    radius: float = parameter(
        0.0,
        title="Radius",
        description="How far the seed reaches, from voxel centre to voxel centre; 0 for the one voxel.",
        unit=Unit.MM,
        ge=0,
        le=100,
        step=0.5,
    )

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """One, of two volumes at least."""
        if frames < 2:
            raise OperationError(
                f"A correlation over time wants two volumes at least, but {self.image or 'the image'} has {frames}; "
                "choose a series."
            )
        if not geometry.holds(self.seed):
            raise OperationError(f"The seed {self.seed} lies outside the image; choose a voxel inside.")
        return 1

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Correlate from the beginning."""
        return self._correlated(image, Intermediates(), progress)

    def made(self, scene: Scene, progress: Progress) -> Volume:
        """Correlate with how much each voxel varies kept from before: another seed then takes half the time."""
        rest = scene.look_at(self.images(), progress)
        return Volume(
            self._correlated(scene.image(self.image), scene.intermediates, rest), scene.geometry, name=self.name
        )

    def at_a_glance(self, scene: Scene, progress: Progress) -> Volume | None:
        """Correlate in single precision, by one product with all courses as they are kept, where there is room."""
        rest = scene.look_at(self.images(), progress)
        image, kept = scene.image(self.image), scene.intermediates
        shape = image.geometry.shape
        nbytes = image.frames * scene.floats_nbytes
        if 2 * nbytes > kept.budget:
            return None
        series = series_of(image, range(image.frames))
        scaled = image.scaled if image.is_scaled else None
        courses = kept.get(
            "standardised courses",
            lambda: standardised(series, scaled=scaled, progress=rest),
            of=image,
            nbytes=nbytes,
        )
        course = seed_course([image.scaled(series[voxel]) for voxel in self._voxels(image)])
        length = np.sqrt((course**2).sum())
        course = course / length if 0 < length < np.inf else np.zeros_like(course)
        r = np.nan_to_num(courses @ course.astype(np.float32)).clip(-1, 1)
        return Volume(r.reshape(shape, order="F"), image.geometry, name=self.name)

    def _voxels(self, image: Volume) -> list[tuple[int, ...]]:
        return seed_voxels(image.geometry.shape, image.geometry.affine, self.seed, self.radius)

    def _correlated(self, image: Volume, kept: Intermediates, progress: Progress) -> Array:
        series, scaled = series_of(image, range(image.frames)), image.scaled if image.is_scaled else None
        squares: Floats = kept.get(
            "squared deviations",
            lambda: statistic(
                series,
                [range(image.frames)],
                lambda found: found[0][2],
                scaled=scaled,
                progress=progress.part(0.0, 0.6),
            ),
            of=image,
        )
        course = seed_course([image.scaled(series[voxel]) for voxel in self._voxels(image)])
        together = products(series, course, scaled=scaled, progress=progress.part(0.6, 1.0))
        return correlation(together, squares, course)

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the voxel that is looked at."""
        return cls(name=unlike(cls.id, scene.images), seed=scene.middle)

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        return f"correlation with {', '.join(map(str, self.seed))}" + (f", {self.radius:g} mm" if self.radius else "")

    def python(self) -> Python:
        """Return the correlation, by sums over time."""
        return Python(
            (
                f"series = series_of({self.python_source})",
                f"voxels = seed_voxels(series.shape[:3], affine, {self.seed}, {number(self.radius)})",
                "course = seed_course([series[voxel] for voxel in voxels])",
                "together = np.zeros(series.shape[:3])",
                "for frame, factor in enumerate(course):",
                "    together += series[..., frame] * factor",
                self.python_made("correlation(together, moments(series)[2], course)"),
            ),
            helpers=(seed_voxels, seed_course, correlation),
            imports=("from itertools import product",),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        place = f"voxel {', '.join(map(str, self.seed))} (counted from 0)"
        seed = f"the mean course of the voxels within {self.radius:g} mm of {place}" if self.radius else place
        return (
            f"The correlation over time (Pearson's r) of each voxel of {self.methods_source} with {seed} was taken as "
            f"the {self.name}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper."""
        return (NILEARN,)


def seed_voxels(
    shape: tuple[int, ...], affine: Affine, seed: tuple[int, int, int], radius: float
) -> list[tuple[int, ...]]:
    """Return the voxels within a radius (mm) of a seed, itself among them, in their order."""
    steps = affine[:3, :3]
    # How far a ball reaches along each axis of voxels.
    reach = np.floor(radius * np.sqrt((np.linalg.inv(steps) ** 2).sum(axis=1)) + 1e-6).astype(int)
    ranges = [
        range(max(0, at - far), min(length, at + far + 1)) for at, far, length in zip(seed, reach, shape, strict=True)
    ]
    farthest = (radius * (1 + 1e-6)) ** 2
    return [voxel for voxel in product(*ranges) if ((steps @ (np.array(voxel) - seed)) ** 2).sum() <= farthest]


def seed_course(courses: list[Array]) -> Floats:
    """Return the mean of the courses of some voxels, without its own mean."""
    total = np.zeros(len(courses[0]))
    for course in courses:
        total += course
    total /= len(courses)
    centred: Floats = total - total.mean()
    return centred


def correlation(together: Array, squares: Array, course: Floats) -> Array:
    """Return Pearson's r from the sum of products with a course and the squared deviations; 0 where nothing varies."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        r = together / (np.sqrt(squares) * np.sqrt((course**2).sum()))
    return np.asfortranarray(np.clip(np.nan_to_num(r, posinf=0.0, neginf=0.0), -1, 1))
