"""An image inside a mask: another value outside, or all that lies round the mask cut off."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from maskeditor.core.errors import GeometryMismatch, OperationError
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import FEW, MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Box, bounding_box
from maskeditor.engine.masked import keep_inside, unmasked
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.header import Header
from maskeditor.model.numbers_in_words import in_number

#: What voxels outside may get.
Outside = Literal["0", "nan"]


class ApplyParameters(BaseModel):
    """How an image is taken inside a mask, declared once for the dialog, the command line and Python."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outside: Outside = parameter(
        "0",
        title="Outside",
        description="The intensity outside the mask; nan makes floats of whole numbers.",
    )
    inverse: bool = parameter(
        False, title="Inverse", description="Keep what lies outside the mask instead of what lies inside."
    )
    crop: bool = parameter(
        False,
        title="Crop",
        description="Cut the image to the smallest box round what is kept; each voxel stays at its place in the world.",
    )


class Applied(NamedTuple):
    """An image inside a mask.

    Parameters
    ----------
    volume : Volume
    header : Header
        What it is saved with.
    voxels : int
        How many voxels were kept.
    findings : tuple of str
        What is worth saying of it, one sentence each.
    """

    volume: Volume
    header: Header
    voxels: int
    findings: tuple[str, ...]


def applied(
    volume: Volume,
    header: Header,
    mask: MaskBits,
    parameters: ApplyParameters | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Applied:
    """Return an image inside a mask; equal to `nilearn.masking.unmask` of `apply_mask`, in the type of the image.

    Stored values, slope and intercept stay as they are where they can stand for what lies outside; else the
    intensities are written as floats, and a sentence says so.

    Parameters
    ----------
    volume : Volume
        Of one volume or several.
    header : Header
        Of the same grid.
    mask : MaskBits
    parameters : ApplyParameters, optional
    overwrite : bool
        Whether the image is needed no more: where its values can stay as they are stored, their memory is used.
    progress : Progress, optional

    Raises
    ------
    GeometryMismatch
        If the mask has another shape.
    OperationError
        If it is to be cut to a mask without voxels.

    Examples
    --------
    >>> grid = Geometry((3, 1, 1), np.eye(4))
    >>> image = Volume(np.array([[[3]], [[4]], [[5]]], np.int16), grid)
    >>> made = applied(image, Header.from_geometry(grid), MaskBits.of(image.stored == 4), ApplyParameters(crop=True))
    >>> made.volume.stored.ravel().tolist(), made.volume.geometry.affine[:3, 3].tolist(), made.voxels
    ([4], [1.0, 0.0, 0.0], 1)
    """
    shape = volume.geometry.shape
    if mask.shape != shape:
        difference = f"its shape is {mask.shape} instead of {shape}"
        raise GeometryMismatch(f"The mask lies on another grid than the image ({difference}).", (difference,))
    progress, parameters = progress or Progress(), parameters or ApplyParameters()
    outside, inverse = parameters.outside, parameters.inverse
    voxels = math.prod(shape) - mask.count() if inverse else mask.count()
    findings = [] if voxels else ["The mask is empty, so that nothing of the image is left."]
    box = Box.whole(shape)
    if parameters.crop:
        found = bounding_box(~mask[...]) if inverse else mask.bounds()
        if found is None:
            raise OperationError("The mask is empty, so there is nothing to crop to; give a mask with voxels.")
        box = found
    fill, keeps = _stored_outside(volume, outside)
    dtype = volume.dtype if keeps else np.promote_types(volume.intensity_dtype, np.float32)
    if not keeps:
        findings.append(
            f"The image is written as {dtype}, no longer as {volume.dtype}, which has no value for {_WORDS[outside]}."
        )
    made = _values_for(volume, box, dtype, overwrite and keeps)
    planes = max(1, FEW // (box.shape[0] * box.shape[1]))
    depth = box.shape[2]
    frames = made.reshape((*box.shape, -1), order="F")
    lost = 0
    for first in range(0, depth, planes):
        slab = box.cut(2, box.start[2] + first, min(box.start[2] + first + planes, box.stop[2]))
        inside = ~mask.read(slab) if inverse else mask.read(slab)
        no_number = np.zeros((), bool)
        for frame in range(volume.frames):
            target = frames[:, :, first : first + planes, frame]
            if not np.may_share_memory(target, volume.stored):
                source = volume.stored_frame(frame, slab) if keeps else volume.intensities(frame, slab)
                np.copyto(target, source, casting="same_kind")
            if may_lack_numbers(target):
                no_number = no_number | ~np.isfinite(target)
            keep_inside(target, inside, fill)
            progress((first + (slab.shape[2] * (frame + 1) / volume.frames)) / depth)
        lost += int(np.count_nonzero(no_number & inside))
    if lost:
        findings.append(f"NaN or infinite values stand in {in_number(lost, 'voxel')} of what is kept, and stay there.")
    scaling = (volume.slope, volume.intercept) if keeps else (1.0, 0.0)
    grid = volume.geometry.cropped(box)
    result = Volume(made, grid, *scaling, name=volume.name, repetition_time=volume.repetition_time)
    return Applied(result, header.cropped(box) if parameters.crop else header, voxels, tuple(findings))


def may_lack_numbers(values: Array) -> bool:
    """Whether there may be NaN or infinite ones among some values: their sum, which is quick, is one of these then."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.dtype.kind == "f" and not np.isfinite(values.sum())


_WORDS: dict[Outside, str] = {"0": "an intensity of 0", "nan": "what is no number"}


def _stored_outside(volume: Volume, outside: Outside) -> tuple[float, bool]:
    """Return the value that stands for what lies outside, and whether it can be stored in the type of the image."""
    if outside == "nan":
        return math.nan, volume.dtype.kind == "f"
    wanted = volume.unscaled(0.0)
    limits: Any = np.iinfo(volume.dtype) if volume.dtype.kind in "iu" else np.finfo(volume.dtype)
    if limits.min <= wanted <= limits.max:
        stored = volume.dtype.type(wanted)
        if volume.scaled(np.array(stored)) == 0:
            return float(stored), True
    return 0.0, False


def _values_for(volume: Volume, box: Box, dtype: np.dtype[Any], overwrite: bool) -> Array:
    """Return an array for the values of a box in all volumes: the one of the image if it may be written over."""
    owner: Any = volume.stored if volume.stored.base is None else volume.stored.base
    is_ours = isinstance(owner, np.ndarray) and owner.flags.owndata
    if overwrite and is_ours and box == Box.whole(volume.geometry.shape):
        owner.setflags(write=True)
        values = volume.stored.view()
        values.setflags(write=True)
        return values
    return np.empty((*box.shape, *volume.shape[3:]), dtype, order="F")


def put_back(values: Array, mask: MaskBits, geometry: Geometry, name: str, progress: Progress | None = None) -> Volume:
    """Return an image of the values of a mask's voxels, 0 outside; equal to `nilearn.masking.unmask`.

    Parameters
    ----------
    values : (N,) or (T, N) array
        Of the N voxels, the last axis counted fastest, in T volumes. A column (N, 1) is one volume.
    mask : MaskBits
    geometry : Geometry
    name : str
        What the values are called, for a sentence.
    progress : Progress, optional

    Returns
    -------
    Volume
        A finding says how many voxels hold what is no number.

    Raises
    ------
    OperationError
        If the mask is empty, or there are not as many values as voxels.

    Examples
    --------
    >>> mask = MaskBits.of(np.array([[[False, True, True]]]))
    >>> put_back(np.array([7.0, 8.0]), mask, Geometry((1, 1, 3), np.eye(4)), "table").stored.ravel().tolist()
    [0.0, 7.0, 8.0]
    """
    count = mask.count()
    if not count:
        raise OperationError("The mask is empty, so there is no voxel to put values into; give a mask with voxels.")
    values = np.atleast_1d(values)
    if values.ndim == 2 and values.shape[1] == 1 and len(values) == count:
        values = values[:, 0]
    if values.ndim not in (1, 2) or values.shape[-1] != count or not len(values):
        held = f"{' × '.join(map(str, values.shape))} values" if values.ndim > 1 else in_number(values.size, "value")
        raise OperationError(
            f"{name} holds {held}, but the mask has {in_number(count, 'voxel')}; give a value for each voxel, or a row "
            "of them for each volume."
        )
    findings = []
    if may_lack_numbers(values) and (lost := int((~np.isfinite(np.atleast_2d(values))).any(axis=0).sum())):
        findings.append(
            f"{name} holds NaN or infinite values for {in_number(lost, 'voxel')}; they are written as such."
        )
    made = unmasked(values, mask[...], progress or Progress())
    return Volume(made, geometry, name=name, findings=tuple(findings))
