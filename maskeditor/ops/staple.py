"""STAPLE: what ROIs of several raters agree on, each weighted by how well it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Citation, Python, joined, quoted
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.parameters import Role, Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.mask_bits import FEW, Voxels
from maskeditor.engine.arrays import Array, BoolArray, Counts, Floats
from maskeditor.engine.in_range import chunks
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Progress
from maskeditor.engine.staple import staple

#: With more ROIs there would be more patterns of them than fit into a small table.
MOST = 16
_WARFIELD = Citation(
    "Warfield et al. 2004",
    "Warfield, S. K., Zou, K. H., & Wells, W. M. (2004). Simultaneous truth and performance level estimation (STAPLE): "
    "an algorithm for the validation of image segmentation. IEEE Transactions on Medical Imaging, 23(7), 903–921. "
    "https://doi.org/10.1109/TMI.2004.828354",
)


@operation(
    "staple",
    title="STAPLE",
    group="Masks",
    synonyms=("raters", "expectation maximisation", "agreement", "consensus", "average masks"),
)
class Staple(Combining):
    """Take every voxel that probably belongs to what several ROIs were drawn of, by how well each of them does.

    Equal to `SimpleITK.STAPLEImageFilter` and a threshold on its probabilities: they differ by less than 1e-9. Its
    sensitivities and specificities are shown below the histogram.
    """

    others: tuple[str, ...] = parameter(
        title="ROIs",
        description=f"The ROIs of the raters, at most {MOST}; the edited one is not among them.",
        role=Role.ROIS,
    )
    threshold: float = parameter(
        0.5,
        title="Threshold",
        description="A voxel is taken if its probability is at least this.",
        gt=0,
        le=1,
        step=0.05,
    )
    prevalence: float | None = parameter(
        None,
        title="Prevalence",
        description="The share of the voxels of the image that belong to the structure; none is the mean share of the "
        "ROIs, as in ITK.",
        gt=0,
        le=1,
        step=0.01,
    )
    iterations: int = parameter(
        100,
        title="Iterations",
        description="At most so many; it ends before once nothing changes by more than 1e-7.",
        unit=Unit.TIMES,
        ge=1,
        le=10000,
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Estimate the probability of each pattern of ROIs, and take the voxels of those that are likely.

        Raises
        ------
        OperationError
            If no ROI is named, or too many.
        """
        masks = self._asked(scene)
        taken = self._estimate(masks, progress.part(0.0, 0.5))[0] >= self.threshold
        made: BoolArray = results.empty(masks[0].shape, order="F")
        for part, done in chunks(made.shape, FEW):
            np.take(taken, _patterns(masks, part), out=made[part], mode="clip")
            progress(0.5 + 0.5 * done)
        return self.combined(scene, scene.whole, made)

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return sensitivity and specificity of each ROI."""
        _, *rates = self._estimate(self._asked(scene), progress)
        return tuple(
            Found(what, float(values[place]), roi=roi)
            for place, roi in enumerate(self.others)
            for what, values in zip(("Sensitivity", "Specificity"), rates, strict=True)
        )

    def _asked(self, scene: Scene) -> list[Voxels]:
        if not 1 <= len(self.others) <= MOST:
            raise OperationError(f"{len(self.others)} ROIs were named, but there must be 1 to {MOST}; choose so many.")
        return [scene.other(roi) for roi in self.others]

    def _estimate(self, masks: list[Voxels], report: Callable[[float], None]) -> tuple[Floats, Floats, Floats]:
        counts: Counts = np.zeros(1 << len(masks), np.intp)
        for part, done in chunks(masks[0].shape, FEW):
            counts += np.bincount(_patterns(masks, part).ravel(order="K"), minlength=len(counts))
            report(done)
        return staple(counts, self.prevalence, self.iterations)

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with all other ROIs."""
        return cls(others=tuple(scene.others)[:MOST])

    def summary(self) -> str:
        """Return the row of the history."""
        return f"STAPLE of {', '.join(self.others)}, at least {self.threshold:g}{self.combine_words}"

    def python(self) -> Python:
        """Return the same estimate by numpy."""
        asked = ", ".join(map(quoted, self.others))
        return Python(
            (
                f"patterns = sum(masks[roi].astype(np.intp) << place for place, roi in enumerate(({asked},)))",
                f"counts = np.bincount(patterns.ravel(), minlength={1 << len(self.others)})",
                f"probability = staple(counts, {self.prevalence!r}, {self.iterations})[0]",
                self.python_combined(f"probability[patterns] >= {self.threshold!r}"),
            ),
            helpers=(staple,),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        share = "their mean share" if self.prevalence is None else f"a prevalence of {self.prevalence:g}"
        return (
            f"Voxels were taken that belong to the structure with a probability of at least {self.threshold:g}, as "
            f"estimated by STAPLE from {joined(self.others)} ({share} taken beforehand, at most "
            f"{plain_number(self.iterations, 'iteration')}; Warfield et al. 2004){self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the paper of the method."""
        return (_WARFIELD,)


def _patterns(masks: list[Voxels], part: tuple[slice, slice, slice]) -> Array:
    """Return which ROIs hold each voxel of a part, a bit for each."""
    made: Array = masks[0][part].astype(np.uint8 if len(masks) <= 8 else np.uint16)
    for place, mask in enumerate(masks[1:], 1):
        np.bitwise_or(made, np.left_shift(mask[part].view(np.uint8), place, dtype=made.dtype), out=made)
    return made
