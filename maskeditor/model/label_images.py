"""Images of labels: told from images of intensities, and what each number in them is called."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.errors import ParameterError
from maskeditor.core.space.label_image import MOST_LABELS, NamedLabel
from maskeditor.core.space.mask import Colour
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Box, bounding_box_of_others
from maskeditor.engine.distinct import constancy, distinct
from maskeditor.engine.progress import Reporter, silent
from maskeditor.model.label_colours import colour_of

#: The share of neighbours that are alike in an image of labels at least; in images of intensities it is below 0.1.
LEAST_ALIKE = 0.5
#: Of so many planes, one is looked at to see how many are alike.
_PLANES = 8
#: Whole numbers beyond this are not told apart by 64-bit floats.
_LARGEST = 1 << 53
#: What no table names.
UNNAMED = NamedLabel("")


@dataclass(frozen=True, eq=False)
class LabelImage:
    """What the values of an image of labels are.

    Parameters
    ----------
    stored : (N,) array
        The different values as they are stored, in ascending order, without those that are no number.
    numbers : (N,) array of int64
        The label that each stands for; 0 is none.
    named : mapping of int to NamedLabel
        What a table says of labels, be they in the image or not.
    box : Box, optional
        What holds all voxels that have a label; None where that is not known.
    """

    stored: Array
    numbers: NDArray[np.int64]
    named: Mapping[int, NamedLabel]
    box: Box | None = None

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """The labels in the image, in ascending order."""
        return tuple(sorted(int(number) for number in self.numbers if number))

    def name(self, number: int) -> str:
        """Return what a label is called; nothing where no table says it."""
        return self.named.get(number, UNNAMED).name

    def colour(self, number: int) -> Colour:
        """Return the colour of a label: that of the table, or one that differs from the others'."""
        return self.named.get(number, UNNAMED).colour or colour_of(number)

    def in_words(self, number: float) -> str:
        """Return a label with its name.

        Examples
        --------
        >>> image = LabelImage(np.array([0, 17]), np.array([0, 17]), {17: NamedLabel("Left-Hippocampus")})
        >>> image.in_words(17), image.in_words(0)
        ('17 Left-Hippocampus', '0')
        """
        return f"{number:.15g} {self.name(int(number))}".rstrip() if np.isfinite(number) else f"{number}"

    def called(self, named: Mapping[int, NamedLabel]) -> Self:
        """Return it with other names and colours."""
        return replace(self, named=dict(named))


def no_label(given: str, names: Sequence[str], where: str) -> ParameterError:
    """Return what is wrong with a label that is neither a number nor one of some names, and which name is meant.

    Examples
    --------
    >>> print(no_label("Rigt-Hippo", ["Left-Hippo", "Right-Hippo"], "aseg.tsv"))
    There is no label 'Rigt-Hippo' in aseg.tsv; did you mean 'Right-Hippo'?
    """
    shown = given[:60]
    if not names:
        return ParameterError(
            f"There is no label {shown!r} in {where}, of which there is no table of names; give its number."
        )
    near = difflib.get_close_matches(shown, names, n=1, cutoff=0.5)
    some = f"{', '.join(names[:8])}{' …' if len(names) > 8 else ''}"
    meant = f"did you mean {near[0]!r}?" if near else f"it has {some}."
    return ParameterError(f"There is no label {shown!r} in {where}; {meant}")


def label_image_of(
    volume: Volume, named: Mapping[int, NamedLabel] | None = None, progress: Reporter = silent
) -> LabelImage | None:
    """Return what an image's values are if it is one of labels; None if it is not. For a worker.

    It is, if all its values are whole numbers, not too many of them different, and if there is a table of labels, or
    none is negative and neighbours are mostly alike: of labels nearly all are, of intensities few. A single voxel
    without a table is none: it has no neighbours.

    Parameters
    ----------
    volume : Volume
    named : mapping of int to NamedLabel, optional
        The table.
    progress : callable, optional

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> stored = np.repeat(np.array([0, 3, 7], np.uint8), 9).reshape(3, 3, 3, order="F")
    >>> label_image_of(Volume(stored, Geometry((3, 3, 3), np.eye(4)))).labels
    (3, 7)
    >>> label_image_of(Volume(np.arange(27.0).reshape(3, 3, 3), Geometry((3, 3, 3), np.eye(4)))) is None
    True
    """
    values = volume.stored_frame(0)
    if volume.frames > 1 or (values.size == 1 and not named):
        return None
    few = values[..., (values.shape[2] // 2) % _PLANES :: _PLANES]
    if not _are_whole(volume, few[..., :1].ravel()) or (not named and constancy(few) < LEAST_ALIKE):
        return None
    found = distinct(values, MOST_LABELS, progress)
    if found is None or not _are_whole(volume, found):
        return None
    stored = found[found == found]  # without what is not a number
    numbers = volume.scaled(stored).astype(np.int64)
    if not named and (numbers < 0).any():
        return None
    nothing = stored[numbers == 0]
    box = bounding_box_of_others(values, nothing[0]) if nothing.size == 1 else None
    return LabelImage(stored, numbers, dict(named or {}), box)


def _are_whole(volume: Volume, stored: Array) -> bool:
    if volume.is_integral and stored.dtype.itemsize < 8:
        return True
    numbers = volume.scaled(stored)
    numbers = numbers[numbers == numbers]
    with np.errstate(invalid="ignore"):
        return bool((np.abs(numbers) < _LARGEST).all() and (np.rint(numbers) == numbers).all())
