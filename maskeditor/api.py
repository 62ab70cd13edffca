"""The Python API: what the command line does, for scripts and notebooks; `import maskeditor` offers all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray

import maskeditor.ops
from maskeditor.core.errors import GeometryError, ParameterError
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation import declaration as register
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe as Recipe
from maskeditor.core.recipe.recipe import of_operations
from maskeditor.core.recipe.replay import check_images, replay
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.errors import MaskEditorError as MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import open as files
from maskeditor.io.found import without_numbers
from maskeditor.io.nifti.header import Header
from maskeditor.io.open import ImageInfo as ImageInfo
from maskeditor.io.resample import Interpolation
from maskeditor.io.save import save_volume
from maskeditor.io.targets import image_target, keep_source
from maskeditor.model.further import INTERPOLATIONS, FurtherImage, interpolation_of, open_further
from maskeditor.model.label_files import label_checks
from maskeditor.model.label_files import save_labels as write_labels
from maskeditor.model.lines import operation_of
from maskeditor.model.mask_files import save_mask as write_mask
from maskeditor.model.recipes import carry_out, read_recipe
from maskeditor.model.session import Session

assert maskeditor.ops  # fills the register

#: Types that NIfTI files do not have, and the one that stands for each.
_STORED_AS: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.bool_): np.dtype(np.uint8),
    np.dtype(np.float16): np.dtype(np.float32),
    np.dtype(np.longdouble): np.dtype(np.float64),
}


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
        dtype = _STORED_AS.get(given.dtype.newbyteorder("="), given.dtype.newbyteorder("="))
        values = np.array(given, dtype, order="F")
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


@dataclass(frozen=True, eq=False)
class Mask:
    """A mask as `run` makes it."""

    session: Session
    roi: str

    @cached_property
    def data(self) -> BoolArray:
        """The voxels (I, J, K), not to be written to."""
        voxels: BoolArray = self.session.document.mask(self.roi)[...]
        voxels.setflags(write=False)
        return voxels

    @property
    def affine(self) -> NDArray[np.float64]:
        """From voxel indices to world mm (4, 4)."""
        return self.session.document.geometry.affine

    @property
    def voxels(self) -> int:
        """How many voxels it holds."""
        return self.session.document.voxels(self.roi)

    @property
    def millilitres(self) -> float:
        """Its volume."""
        return self.voxels * self.session.document.geometry.voxel_volume

    def image(self, name: str) -> Image:
        """Return an image as it is after the steps: one that a step made, or a further one, on the grid of the mask.

        Raises
        ------
        MaskEditorError
            If there is none of that name.

        Examples
        --------
        >>> series = Image.of(np.arange(360.0).reshape(3, 4, 5, 6), np.eye(4))
        >>> mask = run(series, ["mean name=m", "threshold image=m lower=100"])
        >>> mask.image("m").data.shape
        (3, 4, 5)
        """
        volume = self.session.document.snapshot().image(name, Progress())
        return Image(volume, self.session.header)

    @property
    def recipe(self) -> Recipe:
        """The steps that made it, with fingerprints of image and mask."""
        return self.session.recipe(self.roi)


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
        Which DICOM series of a folder that holds several.

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


def recipe(source: Path | str | Iterable[str]) -> Recipe:
    """Return a recipe, read from a file or made of steps.

    Parameters
    ----------
    source : Path, str or iterable of str
        A path: a recipe, a mask's .json file, or a mask that carries its recipe. Text: a step, or several in order, as
        the command line takes them.

    Raises
    ------
    MaskEditorError
        If the file holds no recipe, or a step is not known.

    Examples
    --------
    >>> [step.title for step in recipe(["threshold lower=40", "dilation iterations=2"]).steps]
    ['Threshold from 40', 'Dilation 2 ×']
    """
    return _recipe(source, {})


def _recipe(source: Path | str | Iterable[str], paths: Mapping[str, Path]) -> Recipe:
    """Return a recipe; of images whose paths are given by name, the tables beside them are looked at."""
    if isinstance(source, Path):
        return read_recipe(source)
    lines = [source] if isinstance(source, str) else source
    return of_operations([Step(operation_of(line, paths), "roi1") for line in lines])


def run(
    image: Image,
    steps: Recipe | Path | str | Iterable[str],
    bound: str = "refuse",
    images: Mapping[str, Image | Path | str] | None = None,
    resample: Interpolation | None = None,
) -> Mask:
    """Make a mask by a recipe or by steps; the same as by the command line and by the window.

    A mask that can hardly be what was wanted, empty or a mere box, is a warning.

    Parameters
    ----------
    image : Image
    steps : Recipe, or what `recipe` takes
    bound : {"refuse", "keep", "leave-out"}
        What becomes of steps that belong to another image, on which the recipe was made (strokes, clicks, imported
        masks, slices): refuse, keep them at the same place in the world, or leave them out.
    images : mapping of str to Image or path, optional
        Further images by the names that steps look at them by.
    resample : {"nearest", "linear", "continuous"}, optional
        How further images on another grid are brought to that of the image. Without it they are refused, or brought
        as the recipe tells.

    Raises
    ------
    MaskEditorError
        If a step cannot be carried out, or a further image is missing or lies on another grid.

    Examples
    --------
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> mask = run(image, ["threshold lower=20", "dilation"])
    >>> mask.voxels, mask.data.shape
    (12, (2, 3, 4))
    """
    further = images or {}
    paths = {name: one.path if isinstance(one, Image) else Path(one) for name, one in {"": image, **further}.items()}
    there = {name: path for name, path in paths.items() if path is not None}
    wanted = steps if isinstance(steps, Recipe) else _recipe(steps, there)
    if bound not in tuple(Bound):
        raise ParameterError(f"bound is {bound!r}, but must be one of {', '.join(Bound)}.")
    if resample not in (None, *INTERPOLATIONS):
        raise ParameterError(f"resample is {resample!r}, but must be one of {', '.join(INTERPOLATIONS)}.")
    check_images(wanted, further, "give each in images, by its name")
    session = Session(image.volume, image.header, image.path)
    for name, one in further.items():
        how, grid = resample or interpolation_of(wanted, name), session.document.geometry
        given = FurtherImage(one.volume, grid, how, one.path) if isinstance(one, Image) else None
        session.add_image(name, given or open_further(Path(str(one)), grid, how))
    roi = carry_out(session.document, wanted, Bound(bound), 'give bound="keep" or bound="leave-out"')
    for doubt in session.doubts(roi):
        warn(doubt, stacklevel=2)
    return Mask(session, roi)


def save_mask(mask: Mask, path: str | Path) -> None:
    """Save a mask as NIfTI with the geometry of its image, its recipe inside and in a .json file beside it.

    Parameters
    ----------
    mask : Mask
    path : path
        Ends in .nii.gz, .nii, .hdr or .img.

    Raises
    ------
    MaskEditorError
        If it cannot be written, or would replace the image; older files are then untouched.

    Examples
    --------
    >>> import tempfile
    >>> mask = run(Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4)), "threshold lower=20")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_mask(mask, folder + "/mask.nii.gz")
    ...     again = run(open_image(folder + "/mask.nii.gz"), "threshold lower=1")
    >>> compare(mask, again).dice
    1.0
    """
    write_mask(mask.session, mask.roi, Path(path))


def save_labels(masks: Mapping[str, Mask], path: str | Path) -> None:
    """Save masks of one image as an image of labels, as File ▸ Save ROIs as labels… of the window does.

    Their names and colours go into a table (.tsv) beside it, their recipes into a .json file and into the image. They
    are numbered from 1 in their order; where several have a voxel, it is of the last, which is a warning.

    Parameters
    ----------
    masks : mapping of str to Mask
        By name. Their steps are carried out again.
    path : path
        Ends in .nii.gz, .nii, .hdr or .img; BIDS has names that end in _dseg.

    Raises
    ------
    MaskEditorError
        If they belong to different images, none has a voxel, or it cannot be written; older files are then untouched.

    Examples
    --------
    >>> import tempfile
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> low, high = run(image, "threshold lower=4 upper=9"), run(image, "threshold lower=20")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_labels({"low": low, "high": high}, folder + "/all_dseg.nii.gz")
    ...     np.unique(open_image(folder + "/all_dseg.nii.gz").data, return_counts=True)[1].tolist()
    [14, 6, 4]
    """
    sessions = [mask.session for mask in masks.values()]
    if not sessions:
        raise MaskEditorError("There is no mask to save; give one or more.")
    first = sessions[0]
    if any(one.document.volume is not first.document.volume for one in sessions):
        raise MaskEditorError("The masks belong to different images; give those of one image.")
    together = Session(first.document.volume, first.header, first.path)
    for one in sessions:
        for name, image in one.further.items():
            if name not in together.further:
                together.add_image(name, image)
            elif image.volume is not together.further[name].volume:
                raise MaskEditorError(f"The masks look at different images called {name!r}; give each another name.")
    targets = [replay(together.document, mask.recipe) for mask in masks.values()]
    for name, target in zip(masks, targets, strict=True):
        together.document.change_roi(target, name=name)
    for check in label_checks(together, only=targets):
        warn(check.sentence, stacklevel=2)
    write_labels(together, Path(path), only=targets)


def operations() -> dict[str, str]:
    """Return what each operation does in a sentence, by id.

    Examples
    --------
    >>> operations()["clear"]
    'Take every voxel out of the mask.'
    """
    return {cls.id: cls.summary_line() for cls in register.operations()}


def script(steps: Recipe | Path | str | Iterable[str]) -> str:
    """Return a recipe as Python of nibabel, numpy, scipy and nilearn that makes the same mask without maskeditor.

    Parameters
    ----------
    steps : Recipe, or what `recipe` takes

    Examples
    --------
    >>> print(script("dilation iterations=2").splitlines()[-8])
    mask = ndimage.binary_dilation(mask, iterations=2)
    """
    from maskeditor.core.recipe.script import to_python  # brings in scipy

    return to_python(steps if isinstance(steps, Recipe) else recipe(steps))


def methods(steps: Recipe | Path | str | Iterable[str]) -> str:
    """Return the paragraph of a paper that says how a mask is made, and the references, a line each.

    Parameters
    ----------
    steps : Recipe, or what `recipe` takes

    Examples
    --------
    >>> print(methods("invert").split(". ")[-1].splitlines()[0])
    doi:10.1038/s41592-019-0686-2
    """
    return methods_text(steps if isinstance(steps, Recipe) else recipe(steps))


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
