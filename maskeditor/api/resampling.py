"""Images on another grid."""

from __future__ import annotations

from pathlib import Path
from warnings import warn

from numpy.typing import ArrayLike

from maskeditor.api.images import Image, image_given
from maskeditor.core.errors import ParameterError
from maskeditor.io.labels import named_beside_file
from maskeditor.io.resample import Interpolation
from maskeditor.model.data.resampled import Grid, grid_by_numbers, resampled, save_resampled
from maskeditor.model.further import INTERPOLATIONS


def resample(
    image: Image | str | Path,
    to: Image | str | Path | None = None,
    interpolation: Interpolation | None = None,
    *,
    zooms: ArrayLike | None = None,
    affine: ArrayLike | None = None,
    shape: tuple[int, int, int] | None = None,
    path: str | Path | None = None,
) -> Image:
    """Bring an image, a mask or an image of labels to another grid, and save it if a path is given.

    Equal to `nilearn.image.resample_to_img` for `to`, and to `nilearn.image.resample_img` for `zooms` or `affine`.

    Parameters
    ----------
    image : Image or path
    to : Image or path, optional
        Whose grid is wanted.
    interpolation : {"nearest", "linear", "continuous"}, optional
        Without it, masks and labels take the nearest voxel, and images are continuous (cubic splines).
    zooms : (3,) array_like, optional
        In mm, along the axes of the image.
    affine : (4, 4) or (3, 3) array_like, optional
        From voxels to mm; without its last column, the grid begins where the image does.
    shape : tuple of 3 int, optional
        With an affine; without it, the image just fits in.
    path : path, optional
        Where it is saved, with a .json file beside it that names its sources and the interpolation.

    Raises
    ------
    MaskEditorError
        If the grid is not known, the image lies outside it, or labels are to be anything but nearest; if it cannot be
        written.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.of(np.arange(24.0).reshape(2, 3, 4), np.eye(4))
    >>> resample(image, interpolation="linear", zooms=(1, 1, 1.5)).data[0, 0]
    array([0. , 1.5, 3. ])
    """
    if sum(one is not None for one in (to, zooms, affine)) != 1:
        raise ParameterError("The grid must be given by one of to, zooms and affine.")
    if shape is not None and affine is None:
        raise ParameterError("A shape goes with an affine; leave it out, or give an affine.")
    if interpolation not in (None, *INTERPOLATIONS):
        raise ParameterError(f"interpolation is {interpolation!r}, but must be one of {', '.join(INTERPOLATIONS)}.")
    image = image_given(image)
    if to is not None:
        to = image_given(to)
        # Called so, as what it is called says that it is an image's.
        name = to.path.name if to.path is not None else to.volume.name or "image"
        grid = Grid(to.volume.geometry, to.header, name, to.path)
    else:
        grid = grid_by_numbers(image.volume.geometry, image.header, zooms=zooms, affine=affine, shape=shape)
    made = resampled(image.volume, grid, interpolation, named_beside_file(image.path))
    if path is not None:
        save_resampled(made, Path(path), image.path)
    for finding in made.findings:
        warn(finding, stacklevel=2)
    return Image(made.volume, made.grid.header)
