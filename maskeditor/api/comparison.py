"""How far two masks agree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from warnings import warn

from maskeditor.api.masks import Mask
from maskeditor.core.errors import GeometryError
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import BoolArray
from maskeditor.io import open as files


@dataclass(frozen=True)
class Comparison:
    """How far two masks agree: voxels of each, of both, and of one alone."""

    first: int
    second: int
    both: int

    @property
    def dice(self) -> float:
        """Twice what both hold, over the sum of what each holds; 1 for two empty masks (Dice 1945)."""
        return 2 * self.both / (self.first + self.second) if self.first + self.second else 1.0

    @property
    def differing(self) -> int:
        """Voxels that one of the two holds alone."""
        return self.first + self.second - 2 * self.both


def compare(a: Mask | str | Path, b: Mask | str | Path) -> Comparison:
    """Compare two masks on the same grid; of a file, all labels together are the mask.

    A file is read as the window reads it: numbers that are whole but for rounding are labels, and what is not a number
    (NaN) lies outside. What is doubtful about it is a warning.

    Parameters
    ----------
    a, b : Mask or path

    Raises
    ------
    GeometryError
        If they lie on different grids; the message says how these differ.
    MaskEditorError
        If a file cannot be read, or is no mask: it holds fractions, or several volumes.

    Examples
    --------
    >>> import numpy as np
    >>> from maskeditor import Image, run
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> compare(run(image, "threshold lower=20"), run(image, "threshold lower=18 upper=21"))
    Comparison(first=4, second=4, both=2)
    """
    (first, here), (second, there) = _voxels(a), _voxels(b)
    if differences := here.differences(there):
        raise GeometryError(f"The masks lie on different grids ({'; '.join(differences)}); resample one of them.")
    return Comparison(int(first.sum()), int(second.sum()), int((first & second).sum()))


def _voxels(mask: Mask | str | Path) -> tuple[BoolArray, Geometry]:
    if isinstance(mask, Mask):
        return mask.data, mask.session.document.geometry
    opened = files.open_mask(mask)
    for finding in opened.findings:
        warn(finding, stacklevel=3)
    return opened.mask, opened.geometry
