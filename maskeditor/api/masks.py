"""Masks: made by recipes or steps, and saved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from warnings import warn

import numpy as np
from numpy.typing import NDArray

from maskeditor.api.images import Image, image_given, path_of
from maskeditor.api.recipes import recipe_from
from maskeditor.core.errors import ParameterError
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import check_images, replay
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.resample import Interpolation
from maskeditor.io.targets import labels_place
from maskeditor.model.further import INTERPOLATIONS, FurtherImage, interpolation_of, open_further
from maskeditor.model.label_files import label_checks
from maskeditor.model.label_files import save_labels as write_labels
from maskeditor.model.mask_files import save_mask as write_mask
from maskeditor.model.recipes import absolute_elsewhere, carry_out
from maskeditor.model.session import Session


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

    @property
    def percent_of_image(self) -> float:
        """Its share of the voxels of the image, in per cent."""
        return 100 * self.voxels / math.prod(self.session.document.geometry.shape)

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


def mask_given(mask: Mask | str | Path) -> Mask | Path:
    """Return a mask, or the path that it is given by.

    Raises
    ------
    MaskEditorError
        If it is neither.
    """
    if isinstance(mask, Mask):
        return mask
    if isinstance(mask, str | Path):
        return Path(mask)
    raise MaskEditorError(
        f"A mask is wanted, but a value of the type {type(mask).__name__} was given; give the path of a file, or what "
        "run returns."
    )


def masks_given(masks: Mask | str | Path | Iterable[Mask | str | Path]) -> list[Mask | Path]:
    """Return masks, one or several, or the paths that they are given by; raise as `mask_given`."""
    if isinstance(masks, Iterable) and not isinstance(masks, str):
        return [mask_given(one) for one in masks]
    return [mask_given(masks)]


def run(
    image: Image | str | Path,
    steps: Recipe | Path | str | Iterable[str],
    bound: str = "refuse",
    images: Mapping[str, Image | Path | str] | None = None,
    resample: Interpolation | None = None,
) -> Mask:
    """Make a mask by a recipe or by steps; the same as by the command line and by the window.

    A mask that can hardly be what was wanted, empty or a mere box, is a warning.

    Parameters
    ----------
    image : Image or path
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
        If an image cannot be read, a step cannot be carried out, or a further image is missing or lies on another grid.

    Examples
    --------
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> mask = run(image, ["threshold lower=20", "dilation"])
    >>> mask.voxels, mask.data.shape
    (12, (2, 3, 4))
    """
    further = images or {}
    paths = {name: path_of(one) for name, one in {"": image, **further}.items()}
    there = {name: path for name, path in paths.items() if path is not None}
    wanted = steps if isinstance(steps, Recipe) else recipe_from(steps, there)
    if bound not in tuple(Bound):
        raise ParameterError(f"bound is {bound!r}, but must be one of {', '.join(Bound)}.")
    if resample not in (None, *INTERPOLATIONS):
        raise ParameterError(f"resample is {resample!r}, but must be one of {', '.join(INTERPOLATIONS)}.")
    check_images(wanted, further, "give each in images, by its name")
    opened = image_given(image)
    session = Session(opened.volume, opened.header, opened.path)
    for name, one in further.items():
        how, grid = resample or interpolation_of(wanted, name), session.document.geometry
        given = FurtherImage(one.volume, grid, how, one.path) if isinstance(one, Image) else None
        session.add_image(name, given or open_further(Path(str(one)), grid, how, name=name))
    roi = carry_out(session.document, wanted, Bound(bound), 'give bound="keep" or bound="leave-out"')
    for doubt in (*absolute_elsewhere(wanted, session.source), *session.doubts(roi)):
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
    >>> from maskeditor import compare, open_image
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

    Their names and colours go into a table (.tsv) beside it, their recipes into a .json file and into the image. A mask
    that was made of one label (`from_labels`) keeps its number; the others are counted on after these, in their order.
    Where several have a voxel, it is of the last, which is a warning.

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
    >>> from maskeditor import open_image
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
    labels_place(first.path, Path(path))  # what refuses the name comes before what takes long
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
