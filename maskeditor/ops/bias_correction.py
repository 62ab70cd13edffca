"""Bias correction: an image without the slow unevenness that the coils of a scanner leave."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Citation, Python, number
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.image_operation import SeriesOperation
from maskeditor.core.operation.outside import N4, Outside
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.parted import plain_thresholds
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.otsu import otsu_thresholds
from maskeditor.engine.progress import Progress

_TUSTISON = Citation(
    "Tustison et al. 2010",
    "Tustison NJ, Avants BB, Cook PA, et al. (2010). N4ITK: improved N3 bias correction. IEEE Transactions on Medical "
    "Imaging 29:1310–1320. doi:10.1109/TMI.2010.2046908",
)


@operation(
    "bias_correction",
    title="Bias correction",
    group="Images",
    synonyms=("N4", "N3", "inhomogeneity", "bias field", "intensity non-uniformity", "shading"),
)
class BiasCorrection(SeriesOperation):
    """Make an image without its bias field, or the field itself, each volume of a series by itself.

    The field is that of N4 (Tustison et al. 2010), as SimpleITK's ``N4BiasFieldCorrection`` finds it in image and mask
    shrunk, with four levels of at most fifty iterations. Iterations enlarge what rounding leaves: by the usual shrink
    factor, half of the voxels of a scan agree within 2e-4 relative, and all within 1e-2; by a smaller one, some may
    differ by more (1e-1 was seen). It is estimated where the image is bright, and divides all of it.
    """

    by_volume = True
    is_choosy = True

    lower: float | None = parameter(
        None,
        title="Estimate above",
        description="Only voxels above this intensity, and above 0, count for the estimate; if left out, above Otsu's "
        "threshold of each volume.",
        unit=Unit.INTENSITY,
    )
    shrink: int = parameter(
        4,
        title="Shrink factor",
        description="One voxel in so many along each axis is looked at: larger is quicker, smaller is closer.",
        ge=1,
        le=16,
    )
    result: Literal["corrected", "field"] = parameter(
        "corrected",
        title="Result",
        description="The image divided by the field, or the field itself (1 is no bias).",
    )

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """As many as were chosen, of a grid that has two voxels along each axis once it is shrunk."""
        least = 2 * self.shrink
        if min(geometry.shape) < least:
            shape = " × ".join(map(str, geometry.shape))
            instead = "take a smaller shrink factor" if self.shrink > 1 else "correct another image"
            raise OperationError(
                f"The bias field wants {least} voxels or more along each axis for a shrink factor of {self.shrink}, "
                f"but the image has {shape}; {instead}."
            )
        return len(self.chosen(frames))

    def check_intensities(self, image: Volume, progress: Progress) -> None:
        """Look for voxels that the field can be estimated of."""
        chosen = self.chosen(image.frames)
        for place, frame in enumerate(chosen):
            self._looked_at(image, frame)
            progress((place + 1) / len(chosen))

    def made_of(self, image: Volume, outside: Outside, progress: Progress) -> Array:
        """Have the field worked out, volume after volume."""
        chosen, shape = self.chosen(image.frames), image.geometry.shape
        made: Array = np.empty((*shape, len(chosen)), np.float32, order="F")
        for place, frame in enumerate(chosen):
            report = progress.within(place / len(chosen), (place + 1) / len(chosen))
            values, finite, inside = self._looked_at(image, frame)
            report(0.05)
            field = outside.bias_field(finite, inside, self.shrink, report.within(0.05, 1.0))
            made[..., place] = field if self.result == "field" else values / field
            report(1.0)
        return made[..., 0] if len(chosen) == 1 else made

    def _looked_at(self, image: Volume, frame: int) -> tuple[Array, Array, BoolArray]:
        """Return the intensities of a volume, these with 0 where they are no numbers, and where the field is estimated.

        All three are (I, J, K), of float32 and of bool.
        """
        with np.errstate(over="ignore"):
            values = np.asarray(image.scaled(image.stored_frame(frame)), np.float32)
        are_numbers = np.isfinite(values)
        finite = values if are_numbers.all() else np.where(are_numbers, values, np.float32(0))
        del are_numbers
        lowest = self._lowest(finite)
        inside = finite > lowest
        if not inside.any():
            raise OperationError(
                f"No voxel of {self.image or 'the image'} is above {lowest:g}, where the bias field would be "
                "estimated; lower the intensity to estimate above."
            )
        return values, finite, inside

    def _lowest(self, finite: Array) -> float:
        """Return the intensity above which voxels of (I, J, K) finite floats count."""
        if self.lower is not None:
            return max(0.0, self.lower)
        try:
            return max(0.0, *otsu_thresholds(finite, 2))
        except ValueError as error:
            raise OperationError(f"{error} Or give the intensity above which the bias field is estimated.") from error

    @property
    def keeps_intensities(self) -> bool:
        """Whether it is looked at like the image it is made of: without its field, it is."""
        return self.result == "corrected"

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        above = "" if self.lower is None else f", estimated above {self.lower:g}"
        shrunk = ", not shrunk" if self.shrink == 1 else f", shrunk {self.shrink} times"
        shrunk = "" if self.shrink == type(self).model_fields["shrink"].default else shrunk
        return f"{'bias field' if self.result == 'field' else 'bias corrected'} (N4{above}{shrunk})"

    def python(self) -> Python:
        """Return a call of niimath."""
        lowest = "plain_thresholds(finite, classes=2)[0]" if self.lower is None else number(self.lower)
        field = "field" if self.result == "field" else "volume / field"
        arguments = ", ".join(f'"{word}"' for word in N4.split())
        lines = (
            "made = []",
            f"for volume in np.moveaxis({self.python_series}, 3, 0):",
            "    volume = np.asarray(volume, np.float32)",
            "    finite = np.where(np.isfinite(volume), volume, np.float32(0))",
            f"    inside = finite > max(0, {lowest})",
            "    with tempfile.TemporaryDirectory() as folder:",
            '        for name, values in (("image", finite), ("inside", inside.astype(np.uint8))):',
            '            nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), f"{folder}/{name}.nii")',
            f"        n4 = [{arguments}]",
            f'        subprocess.run([niimath.bin, *n4, "-shrink", "{self.shrink}", "out.nii"], cwd=folder,',
            '            env={**os.environ, "FSLOUTPUTTYPE": "NIFTI"}, check=True)',
            '        field = np.array(nibabel.load(f"{folder}/field.nii").dataobj, np.float32)',
            f"    made.append({field})",
            "made = np.asfortranarray(np.stack(made, axis=3))",
            "made = made[..., 0] if made.shape[3] == 1 else made",
            self.python_made("made"),
        )
        helpers = (plain_thresholds,) if self.lower is None else ()
        return Python(lines, helpers, imports=("import os", "import subprocess", "import tempfile", "import niimath"))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        above = "Otsu's threshold" if self.lower is None else f"an intensity of {self.lower:g}"
        kept = "the field itself was taken as" if self.result == "field" else "the intensities divided by it made"
        return (
            f"The bias field of {self.methods_series} was estimated by N4 in niimath (voxels above {above}; shrink "
            f"factor {self.shrink}; 4 levels of 50 iterations), and {kept} the {self.name}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the paper of N4."""
        return (_TUSTISON,)
