"""Images: what a path holds, opened and saved, or made of arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import open as files
from maskeditor.io.found import without_numbers
from maskeditor.io.nifti.header import Header
from maskeditor.io.numbers import stored_type
from maskeditor.io.open import ImageInfo
from maskeditor.io.save import save_volume
from maskeditor.io.targets import image_target, keep_source


@dataclass(frozen=True, eq=False)
class Image:
    """An image to make masks on; see `open_image`, and `Image.of` for an array.

    Parameters
    ----------
    volume : Volume
    header : Header
        What a saved mask takes its geometry from.
    path : Path or None
        Where it came from.
    """

    volume: Volume
    header: Header
    path: Path | None = None

    @classmethod
    def of(cls, data: ArrayLike, affine: ArrayLike, name: str = "image") -> Image:
        """Return an image of intensities that are there already.

        Parameters
        ----------
        data : (I, J, K) or (I, J, K, T) array_like of real numbers
            Copied; what is no type of a NIfTI file (bool, float16, longdouble, the other byte order) becomes one.
        affine : (4, 4) array_like
            From voxel indices to world mm, right, front and up positive.
        name : str

        Raises
        ------
        MaskEditorError
            If the data are no real numbers, or have not three or four axes.

        Examples
        --------
        >>> Image.of(np.zeros((4, 5, 6)), np.diag([2, 2, 3, 1])).zooms
        (2.0, 2.0, 3.0)
        """
        given = np.asarray(data)
        if given.dtype.kind not in "biuf":
            raise MaskEditorError(f"The data are of the type {given.dtype}; give real numbers.")
        values = np.array(given, stored_type(given.dtype), order="F")
        geometry = Geometry(values.shape[:3], affine)
        frames = values.shape[3] if values.ndim == 4 else 1
        volume = Volume(values, geometry, name=name)
        volume = replace(volume, findings=without_numbers(volume))
        return cls(volume, Header.from_geometry(geometry, frames))

    @property
    def data(self) -> Array:
        """Intensities (I, J, K) or (I, J, K, T), not to be written to."""
        return self.volume.scaled(self.volume.stored)

    @property
    def affine(self) -> NDArray[np.float64]:
        """From voxel indices to world mm (4, 4)."""
        return self.volume.geometry.affine

    @property
    def zooms(self) -> tuple[float, float, float]:
        """Millimetres per voxel along each axis."""
        return self.volume.geometry.zooms

    @property
    def findings(self) -> tuple[str, ...]:
        """What is doubtful about the file, one sentence each."""
        return self.volume.findings


def info(path: str | Path) -> tuple[ImageInfo, ...]:
    """Return what images or DICOM series a path holds, and what is doubtful about them; no voxel is read.

    Parameters
    ----------
    path : path
        A NIfTI file, a DICOM file or folder, or a folder of NIfTI files.

    Returns
    -------
    tuple of ImageInfo
        The `key` of one is what `open_image` takes as its series.

    Raises
    ------
    MaskEditorError
        If there is no image.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_image(Image.of(np.zeros((4, 5, 6)), np.diag([2, 2, 3, 1])), folder + "/a.nii.gz")
    ...     for image in info(folder + "/a.nii.gz"):
    ...         print(image.description, image.shape, image.zooms)
    a (4, 5, 6) (2.0, 2.0, 3.0)
    """
    return tuple(files.inspect(Path(path), check=True))


def open_image(path: str | Path, series: str | None = None) -> Image:
    """Open a NIfTI file, or a DICOM folder or file.

    Parameters
    ----------
    path : path
    series : str, optional
        Which DICOM series of a folder that holds several, by its UID or its description.

    Raises
    ------
    MaskEditorError
        If it cannot be read, or holds several series and none was chosen.

    Examples
    --------
    >>> try:
    ...     open_image("absent.nii.gz")
    ... except MaskEditorError as error:
    ...     print(error)
    absent.nii.gz cannot be opened: it does not exist; check its name and folder.
    """
    opened = files.open_image(Path(path), series)
    return Image(opened.volume, opened.header, Path(path))


def path_of(image: Image | str | Path) -> Path | None:
    """Return where an image came from, that may be given by its path; None for an array.

    Raises
    ------
    MaskEditorError
        If it is neither an image nor a path.
    """
    if isinstance(image, Image):
        return image.path
    if isinstance(image, str | Path):
        return Path(image)
    raise MaskEditorError(
        f"An image is wanted, but a value of the type {type(image).__name__} was given; give the path of a file, what "
        "open_image returns, or what Image.of makes of an array."
    )


def image_given(image: Image | str | Path) -> Image:
    """Return an image that may be given by its path; raise as `path_of` and `open_image`."""
    path = path_of(image)
    if isinstance(image, Image):
        return image
    assert path is not None, "only an image has none"
    return open_image(path)


def save_image(image: Image, path: str | Path) -> None:
    """Save an image as NIfTI, with its stored values; of a DICOM series, what `maskeditor convert` writes.

    Parameters
    ----------
    image : Image
    path : path
        Ends in .nii.gz, .nii, .hdr or .img.

    Raises
    ------
    MaskEditorError
        If it cannot be written, or is the file that the image came from; an older file is then untouched.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_image(Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4)), folder + "/image.nii.gz")
    ...     open_image(folder + "/image.nii.gz").data.sum()
    np.int64(276)
    """
    keep_source(image.path, Path(path))
    save_volume(image.volume, image_target(Path(path)), image.header)
