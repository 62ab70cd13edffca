"""Images inside a mask, and values of its voxels back in their places."""

from __future__ import annotations

from pathlib import Path
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike

from maskeditor.api.images import Image, image_given
from maskeditor.api.masks import Mask, mask_given
from maskeditor.core.operation.declaration import checked
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.arrays import Array
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io.nifti.header import Header
from maskeditor.io.numbers import as_stored, read_numbers
from maskeditor.io.open import open_mask
from maskeditor.model.data.applied import ApplyParameters, Outside, applied, put_back
from maskeditor.model.data.mask_on import open_mask_on, whole_mask
from maskeditor.model.data.regions import check_grid


def apply(
    image: Image | str | Path,
    mask: Mask | str | Path,
    outside: Outside | float = "0",
    inverse: bool = False,
    crop: bool = False,
) -> Image:
    """Return an image inside a mask, of one volume or several; what is worth saying of it is a warning.

    Parameters
    ----------
    image : Image or path
    mask : Mask or path
        On the same grid; of a file, all labels together.
    outside : {"0", "nan"}, or these as numbers
        The intensity outside; nan makes floats of whole numbers.
    inverse : bool
        Whether what lies outside the mask is kept instead.
    crop : bool
        Whether the image is cut to the smallest box round what is kept.

    Raises
    ------
    MaskEditorError
        If the image or the mask cannot be read, or the mask lies on another grid, or is empty where the image is cut
        to it.

    Examples
    --------
    >>> from maskeditor import run
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> inside = apply(image, run(image, "threshold lower=21"), crop=True)
    >>> inside.data.tolist(), inside.affine[:3, 3].tolist()
    ([[[21, 22, 23]]], [1.0, 2.0, 1.0])
    """
    told = f"{outside:g}" if isinstance(outside, float) else str(outside)
    parameters = checked(ApplyParameters, "apply", {"outside": told, "inverse": inverse, "crop": crop})
    image, mask = image_given(image), mask_given(mask)
    geometry, name = image.volume.geometry, image.volume.name or "the image"
    if isinstance(mask, Mask):
        inside, grid, _ = _mask(mask)
        check_grid(grid, geometry, "the mask", name)
    else:
        opened = open_mask_on(mask, geometry, name)
        for finding in opened.findings:
            warn(finding, stacklevel=2)
        inside = whole_mask(opened)
    made = applied(image.volume, image.header, inside, parameters)
    for finding in made.findings:
        warn(finding, stacklevel=2)
    return Image(made.volume, made.header)


def unmask(values: ArrayLike | str | Path, mask: Mask | str | Path) -> Image:
    """Return an image of the values of a mask's voxels, 0 outside; equal to `nilearn.masking.unmask`.

    Parameters
    ----------
    values : (N,) or (T, N) array_like, or path
        Of the N voxels in T volumes, the last axis of the grid counted fastest; or a file of them (.tsv, .csv, .txt,
        .npy).
    mask : Mask or path

    Raises
    ------
    MaskEditorError
        If a file cannot be read, or there are not as many values as voxels.

    Examples
    --------
    >>> from maskeditor import run
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> unmask([7.0, 8.0], run(image, "threshold lower=22")).data[1, 2].tolist()
    [0.0, 0.0, 7.0, 8.0]
    """
    if isinstance(values, str | Path):
        name, numbers = Path(values).name, read_numbers(Path(values))
    else:
        name, numbers = "The array", as_stored(_array(values), "The array")
    inside, grid, header = _mask(mask)
    made = put_back(numbers, inside, grid, name)
    for finding in made.findings:
        warn(finding, stacklevel=2)
    return Image(made, header)


def _array(values: ArrayLike) -> Array:
    try:
        return np.asarray(values)
    except ValueError:
        raise MaskEditorError("The rows of values are not of the same length; give as many for each volume.") from None


def _mask(mask: Mask | str | Path) -> tuple[MaskBits, Geometry, Header]:
    mask = mask_given(mask)
    if isinstance(mask, Mask):
        return MaskBits.of(mask.data), mask.session.document.geometry, mask.session.header
    opened = open_mask(mask)
    for finding in opened.findings:
        warn(finding, stacklevel=3)
    return whole_mask(opened), opened.geometry, opened.header
