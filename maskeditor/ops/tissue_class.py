"""Tissue class: what most probably belongs to one of some Gaussians that the intensities are a mixture of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import SCIKIT_LEARN, Citation, Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found, Gaussian
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.parted import Keep, classes_kept, kept_in_words
from maskeditor.core.operation.parting import InClasses
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.mask_bits import FEW
from maskeditor.engine.arrays import Floats
from maskeditor.engine.gaussian_mixture import (
    Mixture,
    crossings,
    fitted,
    in_ranges,
    levels_of,
    mixture_of_levels,
    ranges_kept,
    told_apart,
)
from maskeditor.engine.histograms import bin_centres
from maskeditor.engine.in_range import chunks
from maskeditor.engine.progress import Progress

_DEMPSTER = Citation(
    "Dempster et al. 1977",
    "Dempster AP, Laird NM, Rubin DB (1977). Maximum likelihood from incomplete data via the EM algorithm. Journal of "
    "the Royal Statistical Society B 39:1–38. doi:10.1111/j.2517-6161.1977.tb01600.x",
)


@operation(
    "tissue_class",
    title="Tissue class",
    group="Intensity",
    synonyms=("Gaussian mixture", "GMM", "EM", "grey matter", "white matter", "CSF", "segment", "cluster", "FAST"),
)
class TissueClass(InClasses):
    """Fit a mixture of Gaussians to the intensities, and take what most probably belongs to some of them.

    Equal to `sklearn.mixture.GaussianMixture` on the voxels, begun at Otsu's classes and run until the mean logarithm
    of the likelihood changes by less than 1e-9. Whole numbers are counted one by one; floats in 2,048 bins, which moves
    a mean by less than a bin. The ranges of intensities that are taken are found anew in every image. What is not
    finite is left out.
    """

    classes: int = parameter(
        3, title="Classes", description="How many Gaussians the intensities are a mixture of.", ge=2, le=5
    )
    keep: Keep = parameter(
        "brightest",
        title="Keep",
        description="Which classes are taken, by their means; middle is all between the darkest and the brightest, "
        "and second to fourth count from the darkest.",
    )
    minimum_posterior: float = parameter(
        0.0,
        title="Minimum posterior",
        description="How probable it must be that an intensity belongs to the classes taken; at 0, it is enough that "
        "no other class is more probable.",
        ge=0,
        le=1,
        step=0.05,
    )
    exclude_zeros: bool = parameter(
        False,
        title="Exclude zeros",
        description="Leave out intensities of exactly 0, for images padded with zeros.",
        role=Role.WITHOUT_ZEROS,
    )

    @property
    def choice(self) -> tuple[Keep, int]:
        """Which classes are taken, and of how many."""
        return self.keep, self.classes

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Fit the mixture to the whole image, and compare where the result matters.

        Raises
        ------
        OperationError
            If the image has fewer different intensities than classes, or its intensities go into no bins.
        """
        box = self.region(scene)
        if box is None:
            return None
        ranges = self._ranges(scene, progress)
        if len(ranges) == 1:
            made = self.in_range(scene, *ranges[0], box, progress.within(0.8, 0.9))
        else:
            made = np.zeros(box.shape, dtype=bool, order="F")
        # What is joined to it is made some planes at a time, not as a second mask.
        others = ranges if len(ranges) > 1 else []
        without_zeros = self.exclude_zeros and any(lower <= 0 <= upper for lower, upper in ranges)
        for part, done in chunks(box.shape, FEW) if others or without_zeros else ():
            for lower, upper in others:
                made[part] |= self.in_range(scene, lower, upper, box.part(part), Progress())
            if without_zeros:
                made[part] &= ~self.in_range(scene, 0, 0, box.part(part), Progress())
            progress(0.9 + 0.1 * done)
        return self.combined(scene, box, made)

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the ranges that are taken, where the curves of the classes cross, and these curves."""
        mixture, lowest, highest, width = self.mixture(scene, progress)
        low, high = lowest - width, highest + width
        taken = (Found("Range taken", lower, upper) for lower, upper in self._ranges(scene, progress))
        # Below the lowest intensity, or above the highest, curves part nothing.
        crossed = (place for place in crossings(mixture, low, high) if lowest <= place < highest)
        between = (Found("Crossing", place, parts=True) for place in crossed)
        classes = [Gaussian(*one) for one in mixture.T.tolist()]
        means = (Found(f"Mean of class {number}", one.mean, curve=one) for number, one in enumerate(classes, 1))
        return (*taken, *between, *means)

    def _ranges(self, scene: Scene, progress: Progress) -> list[tuple[float, float]]:
        mixture, lowest, highest, width = self.mixture(scene, progress)
        low, high = lowest - width, highest + width
        first, last = classes_kept(*self.choice)
        return ranges_kept(mixture, first, last, self.minimum_posterior, low, high)

    def mixture(self, scene: Scene, progress: Progress) -> tuple[Mixture, float, float, float]:
        """Return the mixture, the lowest and the highest intensity, and how far neighbours lie apart at least.

        Parameters
        ----------
        scene, progress
            As for `apply`.

        Returns
        -------
        mixture : (3, classes) array of float64
            Shares, means and standard deviations, by rising mean.
        lowest, highest, width : float
        """
        values, scaled = self.looked_at(scene, progress)

        def find() -> Floats:
            try:
                counts, levels, width = levels_of(
                    values, scaled=scaled, exclude_zeros=self.exclude_zeros, progress=progress.part(0.3, 0.6)
                )
                made = mixture_of_levels(counts, levels, width, self.classes, lambda: progress(0.6))
            except ValueError as error:
                raise OperationError(str(error)) from None
            return np.array([*made.ravel(), levels[0], levels[-1], width])

        key = ("tissue_class", self.frame, self.fwhm, self.classes, self.exclude_zeros)
        found: Floats = scene.intermediates.get(key, find, of=scene.image(self.image))
        progress(0.8)
        lowest, highest, width = found[-3:].tolist()
        return found[:-3].reshape(3, self.classes), lowest, highest, width

    def summary(self) -> str:
        """Return the row of the history."""
        words = f"Tissue class, {self.keep} of {self.classes}"
        words += f", posterior from {self.minimum_posterior:g}" if self.minimum_posterior else ""
        words += ", zeros excluded" if self.exclude_zeros else ""
        return words + self.input_words + self.combine_words

    def python(self) -> Python:
        """Return the mixture fitted by numpy, and comparisons."""
        lines, values = self.python_input()
        first, last = classes_kept(*self.choice)
        found = (
            f"ranges = plain_ranges({values}, classes={self.classes}, first={first}, last={last},",
            f"    minimum={self.minimum_posterior!r}, exclude_zeros={self.exclude_zeros})",
        )
        inside = f"in_ranges({values}, ranges)"
        if self.exclude_zeros:
            inside += f" & ({values} != 0)"
        return Python((*lines, *found, self.python_combined(inside)), (plain_ranges, in_ranges))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        probable = f" with a posterior probability of at least {self.minimum_posterior:g}"
        zeros = " (zeros excluded)" if self.exclude_zeros else ""
        return (
            f"A mixture of {self.classes} Gaussians was fitted to the intensities{zeros} of {self.methods_input} by "
            f"expectation–maximisation, begun at Otsu's classes, of which {kept_in_words(self.keep)} taken"
            f"{probable if self.minimum_posterior else ''}{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the method's paper, and that of the implementation it equals."""
        return (_DEMPSTER, SCIKIT_LEARN)


def plain_levels(data: NDArray[Any], exclude_zeros: bool) -> tuple[NDArray[Any], NDArray[Any], float]:
    """Count each level of whole numbers, and floats in 2048 bins; return counts, levels and how far they lie apart.

    For scripts: equal to `maskeditor.engine.gaussian_mixture.levels_of`, by numpy alone.

    Parameters
    ----------
    data : array of int or float
    exclude_zeros : bool

    Examples
    --------
    >>> plain_levels(np.array([0, 3, 5, 5]), True)
    (array([1, 2]), array([3., 5.]), 1.0)
    """
    data = data[np.isfinite(data) & ((data != 0) | (not exclude_zeros))]
    if data.dtype.kind in "iu" and int(data.max()) - int(data.min()) < 1 << 24:
        levels, counts = np.unique(data, return_counts=True)
        if len(levels) <= 1 << 16:
            return told_apart(counts, levels.astype(np.float64), 1.0)
    counts, edges = np.histogram(data, bins=2048)
    kept, centres = np.flatnonzero(counts), bin_centres(edges).astype(np.float64)
    return told_apart(counts[kept], centres[kept], float(centres[1] - centres[0]))


def plain_ranges(
    data: NDArray[Any], classes: int, first: int, last: int, minimum: float, exclude_zeros: bool
) -> list[tuple[float, float]]:
    """Return the ranges of intensities that belong to some classes of a mixture of Gaussians; for scripts.

    Parameters
    ----------
    data : array of int or float
    classes, first, last, minimum
        As for `maskeditor.engine.gaussian_mixture.ranges_kept`.
    exclude_zeros : bool
    """
    counts, levels, width = plain_levels(data, exclude_zeros)
    mixture = fitted(counts, levels, width, classes)
    return ranges_kept(mixture, first, last, minimum, levels[0] - width, levels[-1] + width)
