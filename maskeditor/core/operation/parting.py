"""Operations that part the intensities in classes and take some of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parted import Keep, bounds_kept, classes_kept
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Progress, Reporter


class InClasses(Combining, IntensityInput):
    """An operation that parts the intensities in classes, with the choice of those that are taken."""

    @property
    def choice(self) -> tuple[Keep, int]:
        """Which classes are taken, and of how many."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _has_what_is_kept(self) -> Self:
        classes_kept(*self.choice)
        return self


class ByThresholds(InClasses):
    """An operation that finds the thresholds between the classes; an intensity equal to one belongs to the darker."""

    def thresholds_of(
        self, values: Array, scaled: Callable[[Array], Array] | None, progress: Reporter
    ) -> tuple[float, ...]:
        """Return the thresholds, rising, of values (I, J, K) that `scaled` makes intensities of.

        Raises
        ------
        ValueError
            If there are none.
        """
        raise NotImplementedError

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the thresholds in the whole image, and compare where the result matters.

        Raises
        ------
        OperationError
            If the image has fewer different intensities than classes, or no thresholds are found in it.
        """
        box = self.region(scene)
        if box is None:
            return None
        keep, _ = self.choice
        lower, upper = bounds_kept(keep, self._thresholds(scene, progress))
        progress(0.8)
        return self.combined(scene, box, self.in_range(scene, lower, upper, box, progress))

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the thresholds between the classes."""
        return tuple(Found("Threshold", float(one), parts=True) for one in self._thresholds(scene, progress))

    def _thresholds(self, scene: Scene, progress: Progress) -> tuple[float, ...]:
        values, scaled = self.looked_at(scene, progress)
        try:
            return self.thresholds_of(values, scaled, progress.part(0.3, 0.8))
        except ValueError as error:
            raise OperationError(str(error)) from None
